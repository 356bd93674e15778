import { comparePositions, type Finding, type Position } from '@freehold/kernel';
import { type OpenedCheckpoint, openCheckpoint, type TrustedKeys } from '../note/checkpoint.js';
import { verifyInclusion } from '../tree/verify-proof.js';
import { commitLeafHash, leafProblem, type LoggedCommit } from './commit-leaf.js';
import { type CommitProof, parseHistoryProof } from './history-proof.js';

/** What is verified, and against what: `origin` and `keys` come from the verifier, never from the bag. */
export interface HistoryClaim {
  /** Of one provider, whose log `origin` is. */
  commits: readonly LoggedCommit[];
  /** `history.proof`. */
  proof: string | Uint8Array;
  origin: string;
  keys: TrustedKeys;
  /** How many of `keys.witnesses` must have cosigned. Default 0. */
  quorum?: number;
}

export interface VerifiedHistory {
  /** Everything that is wrong; empty: each commit stood, unchanged, at its place of the log when the checkpoint was signed. */
  findings: readonly Finding[];
  /** Null when it cannot be believed. */
  checkpoint: OpenedCheckpoint | null;
}

/** Findings name positions (`/commits/1:4711`). */
export function verifyHistory({ commits, proof, origin, keys, quorum = 0 }: HistoryClaim): VerifiedHistory {
  const parsed = parseHistoryProof(proof);
  if (parsed.kind === 'refused') return { findings: parsed.findings, checkpoint: null };
  const opened = openCheckpoint(parsed.value.checkpoint, { origin, keys });
  if (opened.kind === 'refused') return { findings: opened.findings, checkpoint: null };
  const findings = [
    ...(opened.value.cosigned.length < quorum ? [tooFewWitnesses(opened.value.cosigned.length, quorum)] : []),
    ...pairing(commits, parsed.value.commits),
    ...inclusion(commits, parsed.value.commits, opened.value),
    ...order(parsed.value.commits),
  ];
  return { findings, checkpoint: opened.value };
}

/** Each commit has one proof, and each proof its commit. */
function pairing(commits: readonly LoggedCommit[], proofs: readonly CommitProof[]): Finding[] {
  const given = new Set(commits.map(({ position }) => position));
  const proven = new Set(proofs.map(({ position }) => position));
  const unproven = [...given].filter((position) => !proven.has(position));
  const missing = [...proven].filter((position) => !given.has(position));
  return [
    ...unproven.map((at) => about(at, 'commit-unproven', 'is not among the commits that history.proof speaks of')),
    ...missing.map((at) => about(at, 'commit-missing', 'has a proof, but is not there itself')),
    ...repeated(commits).map((at) => about(at, 'commit-repeated', 'is there more than once')),
  ];
}

function inclusion(
  commits: readonly LoggedCommit[],
  proofs: readonly CommitProof[],
  { checkpoint }: OpenedCheckpoint,
): Finding[] {
  const byPosition = new Map(proofs.map((each) => [each.position, each]));
  const { size, root } = checkpoint;
  return commits.flatMap((commit) => {
    const proven = byPosition.get(commit.position);
    if (proven === undefined) return [];
    const problem = leafProblem(commit);
    if (problem !== null) return [about(commit.position, 'commit-malformed', `cannot be one: ${problem}`)];
    const leaf = commitLeafHash(commit);
    if (verifyInclusion({ index: proven.index, proof: proven.proof, size, leaf, root })) return [];
    return [
      about(
        commit.position,
        'commit-not-in-log',
        'is not what the log has there: it was changed, or moved, or its proof was',
      ),
    ];
  });
}

/** The tree is in the order of positions: a later position with an earlier index was moved. */
function order(proofs: readonly CommitProof[]): Finding[] {
  return proofs.flatMap(({ position, index }, at) => {
    const before = proofs[at - 1];
    if (before === undefined) return [];
    const right = comparePositions(before.position, position) < 0 && before.index < index;
    return right
      ? []
      : [about(position, 'proof-out-of-order', `does not follow ${before.position}, by position and index`)];
  });
}

function repeated(commits: readonly LoggedCommit[]): Position[] {
  const seen = new Set<Position>();
  return commits.map(({ position }) => position).filter((position) => seen.size === seen.add(position).size);
}

const about = (position: Position, code: string, detail: string): Finding => ({
  pointer: `/commits/${position}`,
  code,
  detail: `The commit at ${position} ${detail}.`,
  hint: 'Ask for the history and its proof again; if they stay so, do not believe this commit, and keep both as evidence.',
});

const tooFewWitnesses = (found: number, wanted: number): Finding => ({
  pointer: '/checkpoint',
  code: 'witnesses-missing',
  detail: `${found} of the witnesses that you trust have cosigned the checkpoint; you want ${wanted}.`,
  hint: 'Ask for a proof with a newer checkpoint, or trust more witnesses.',
});
