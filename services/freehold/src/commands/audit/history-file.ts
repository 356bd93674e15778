import { type LoggedCommit, parseHistoryProof } from '@freehold/evidence';
import { Commit, type Finding, Position } from '@freehold/kernel';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** A line of history.jsonl: a commit as the log's stream holds it, its body in base64. */
const Line = z.strictObject({ position: Position, time: z.string(), subject: z.string(), body: z.base64() });

export interface ReadHistory {
  commits: LoggedCommit[];
  /** Lines that are none, by their number. */
  findings: Finding[];
}

export const historyLine = ({ position, time, subject, body }: LoggedCommit): string =>
  JSON.stringify({ position, time, subject, body: Buffer.from(body).toString('base64') });

/** Every byte of a line counts: one that says the same in another spelling is refused. */
export async function readHistory(file: string): Promise<ReadHistory> {
  const read: ReadHistory = { commits: [], findings: [] };
  let number = 0;
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    number += 1;
    const commit = commitOf(text);
    if (commit !== null && historyLine(commit) === text) read.commits.push(commit);
    else read.findings.push(malformed(number));
  }
  return read;
}

function commitOf(text: string): LoggedCommit | null {
  try {
    const { body, ...rest } = Line.parse(JSON.parse(text));
    return { ...rest, body: Buffer.from(body, 'base64') };
  } catch {
    return null;
  }
}

/**
 * The commits that a proof speaks of. What stands before them came along from earlier providers, whose logs this proof says
 * nothing of.
 */
export function ownCommits(commits: readonly LoggedCommit[], proof: Uint8Array) {
  const parsed = parseHistoryProof(proof);
  const first = parsed.kind === 'read' ? parsed.value.commits[0]?.position : undefined;
  const begin = Math.max(
    0,
    commits.findLastIndex(({ position }) => position === first),
  );
  return { own: commits.slice(begin), earlier: begin };
}

/** That nothing was left out: versions of each aggregate rise by one, and `previous` is the commit before. */
export function chainFindings(commits: readonly LoggedCommit[]): { findings: Finding[]; begins: number } {
  const last = new Map<string, { version: number; position: Position }>();
  const findings: Finding[] = [];
  let begins = 1;
  for (const { position, subject, body } of commits) {
    const commit = bodyOf(body);
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

export function bodyOf(body: Uint8Array): Commit | null {
  try {
    return Commit.parse(JSON.parse(Buffer.from(body).toString('utf8')));
  } catch {
    return null;
  }
}

const malformed = (number: number): Finding => ({
  pointer: `/history/${number}`,
  code: 'history-line-malformed',
  detail: `Line ${number} of the history is no commit, or is written otherwise than it was made.`,
  hint: 'Ask for the history again; keep this one as evidence.',
});

const broken = (position: Position, why: string): Finding => ({
  pointer: `/commits/${position}`,
  code: 'commit-left-out',
  detail: `Before the commit at ${position} something is missing: ${why}.`,
  hint: 'Ask for the whole history; compare it with a copy of the log (freehold audit copy).',
});
