import { comparePositions, type Finding, parsePosition, type Position } from '@freehold/kernel';
import { type OpenedCheckpoint, openCheckpoint } from '../note/checkpoint.js';
import { chainFindings } from './commit-chain.js';
import type { LoggedCommit } from './commit-leaf.js';
import { type CommitProof, parseHistoryProof } from './history-proof.js';
import { type HistoryClaim, verifyHistory } from './verify-history.js';

/** A history as it lies in a bag: what came along from earlier providers, then the commits of one log. */
export type HistoryFileClaim = Omit<HistoryClaim, 'commits'> & {
  /** As `readHistory` gives them. */
  lines: readonly (LoggedCommit | null)[];
};

export interface CheckedHistory {
  /** Everything that is wrong. */
  findings: Finding[];
  /** What is not proven, and why that is no fault. */
  warnings: Finding[];
  /** Of this log: those that are proven if nothing is wrong, and those that its checkpoint does not cover yet. */
  commits: number;
  unsigned: number;
  /** Of other logs, before them. */
  earlier: number;
  /** The last commit that is proven. */
  through: Position | null;
  /** Null when it cannot be believed. */
  checkpoint: OpenedCheckpoint | null;
}

/** `history.jsonl` against `history.proof`, offline: {@link verifyHistory}, and that nothing was left out. */
export function checkHistory({ lines, ...claim }: HistoryFileClaim): CheckedHistory {
  const parsed = parseHistoryProof(claim.proof);
  if (parsed.kind === 'refused') return unbelieved(parsed.findings);
  const { commits: proofs, checkpoint: note } = parsed.value;
  const opened = openCheckpoint(note, claim);
  if (opened.kind === 'refused') return unbelieved(opened.findings);
  const begin = Math.max(
    0,
    lines.findLastIndex((line) => line !== null && line.position === proofs[0]?.position),
  );
  const own = lines.slice(begin);
  const commits = own.filter((line) => line !== null);
  const { size } = opened.value.checkpoint;
  const [proven = [], unsigned = []] = [false, true].map((beyond) =>
    commits.filter(({ position }) => isBeyond(position, proofs.at(-1), size) === beyond),
  );
  const verified = verifyHistory({ ...claim, commits: proven });
  const chain = chainFindings(commits);
  const malformedLines = own.flatMap((line, at) => (line === null ? [malformed(begin + at + 1)] : []));
  const [later] = unsigned;
  return {
    findings: [...malformedLines, ...verified.findings, ...chain.findings],
    warnings: [
      ...(begin === 0 ? [] : [ofEarlier(begin)]),
      ...(chain.begins === 1 ? [] : [beginsLate(chain.begins)]),
      ...(later === undefined ? [] : [notSigned(later.position, unsigned.length)]),
    ],
    ...{ commits: proven.length, unsigned: unsigned.length, earlier: begin },
    through: proofs.at(-1)?.position ?? null,
    checkpoint: verified.checkpoint,
  };
}

/** After the last one that is proven, and not among the checkpoint's commits either: what it covers has to be proven. */
function isBeyond(position: Position, last: CommitProof | undefined, size: number): boolean {
  if (last === undefined) return true;
  if (comparePositions(position, last.position) <= 0) return false;
  const [here, there] = [parsePosition(position), parsePosition(last.position)];
  return here.volume !== there.volume || last.index + here.sequence - there.sequence >= size;
}

const unbelieved = (findings: readonly Finding[]): CheckedHistory => ({
  ...{ findings: [...findings], warnings: [], commits: 0, unsigned: 0, earlier: 0, through: null, checkpoint: null },
});

const malformed = (number: number): Finding => ({
  pointer: `/history/${number}`,
  code: 'history-line-malformed',
  detail: `Line ${number} of the history is no commit, or is written otherwise than it was made.`,
  hint: 'Ask for the history again; keep this one as evidence.',
});

const ofEarlier = (count: number): Finding => ({
  pointer: '/history',
  code: 'earlier-providers',
  detail: `${count} commits stand before those of this log; they came along from earlier providers.`,
  hint: 'They are proven by those providers’ logs only.',
});

const beginsLate = (version: number): Finding => ({
  pointer: '/history',
  code: 'history-begins-late',
  detail: `The history begins with version ${version}; what was before is not in it.`,
  hint: 'Ask for the whole history, or look into a copy of the log.',
});

const notSigned = (position: Position, count: number): Finding => ({
  pointer: `/commits/${position}`,
  code: 'commits-not-signed',
  detail: `The last ${count} commits, from ${position} on, are newer than the checkpoint of the proof.`,
  hint: 'The log’s next checkpoint covers them: ask its provider for their proof, GET /v1/log/proofs/inclusion.',
});
