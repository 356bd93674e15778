import type { Finding, Position } from '@freehold/kernel';
import type { LoggedCommit } from './commit-leaf.js';
import { commitInBody } from './history-lines.js';

/**
 * That nothing was left out: versions of each aggregate rise by one, and `previous` is the commit before. `begins`: the
 * version of the first one that is there.
 */
export function chainFindings(commits: readonly LoggedCommit[]): { findings: Finding[]; begins: number } {
  const last = new Map<string, { version: number; position: Position }>();
  const findings: Finding[] = [];
  let begins = 1;
  for (const { position, subject, body } of commits) {
    const commit = commitInBody(body);
    const before = last.get(subject);
    if (commit === null) findings.push(broken(position, 'its body is no commit'));
    else if (before === undefined) begins = Math.max(begins, commit.version);
    else if (commit.version !== before.version + 1 || commit.previous !== before.position) {
      findings.push(broken(position, `it follows ${commit.previous ?? 'nothing'}, not ${before.position}`));
    }
    if (commit !== null) last.set(subject, { version: commit.version, position });
  }
  return { findings, begins };
}

const broken = (position: Position, why: string): Finding => ({
  pointer: `/commits/${position}`,
  code: 'commit-left-out',
  detail: `Before the commit at ${position} something is missing: ${why}.`,
  hint: 'Ask for the whole history; compare it with a copy of the log (freehold audit copy).',
});
