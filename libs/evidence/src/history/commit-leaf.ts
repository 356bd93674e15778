import { parsePosition, type Position } from '@freehold/kernel';
import { HASH_BYTES, hashInto, LEAF_PREFIX } from '../tree/tree-hash.js';

/** A commit as the log's stream holds it: the bytes, not what they mean. */
export interface LoggedCommit {
  position: Position;
  /** The stream's time in nanoseconds since 1970, as a decimal: it is signed, and beyond 2^53. */
  time: string;
  subject: string;
  body: Uint8Array;
}

const NAME = 'freehold-commit/v1';
/** Name, volume, sequence, time. */
const HEAD_BYTES = NAME.length + 3 * 8;
const LENGTH_BYTES = 4;

// Prefix and input of one leaf. Used between two lines of one synchronous function only.
let scratch = Buffer.alloc(128 * 1024);

/**
 * What is hashed of a commit, without the tree's prefix: `freehold-commit/v1`, volume and sequence (u64), the stream's time in
 * ns (i64), subject and body each after its length (u32); all big endian.
 *
 * @throws RangeError for a position or a time that the log cannot have.
 */
export function commitLeaf(commit: LoggedCommit): Uint8Array {
  const end = write(commit);
  return Uint8Array.from(scratch.subarray(1, end));
}

export function commitLeafHash(commit: LoggedCommit): Uint8Array {
  return commitLeafHashes([commit]);
}

/** The leaf hashes of commits, packed. */
export function commitLeafHashes(commits: readonly LoggedCommit[]): Uint8Array {
  const hashes = Buffer.alloc(commits.length * HASH_BYTES);
  for (const [at, commit] of commits.entries()) {
    const end = write(commit);
    hashInto(scratch.subarray(0, end), hashes, at * HASH_BYTES);
  }
  return hashes;
}

const POSITION = /^[1-9][0-9]{0,15}:(0|[1-9][0-9]{0,15})$/;
const TIME = /^(0|-?[1-9][0-9]{0,18})$/;

/** Why no leaf can be made of a commit from outside; null: it can. Fields have one spelling, or two commits had one leaf. */
export function leafProblem({ position, time, subject }: LoggedCommit): string | null {
  if (!POSITION.test(position)) return `"${position}" is not a position, such as 1:4711`;
  if (!TIME.test(time) || BigInt.asIntN(64, BigInt(time)) !== BigInt(time)) {
    return `"${time}" is not a time in nanoseconds that fits 64 bits`;
  }
  return subject.isWellFormed() ? null : 'the subject is not Unicode';
}

/** Writes prefix and input into `scratch`, which may become another one. @returns where they end. */
function write(commit: LoggedCommit): number {
  const problem = leafProblem(commit);
  if (problem !== null) throw new RangeError(`No leaf can be made of this commit: ${problem}`);
  const { position, time, subject, body } = commit;
  const { volume, sequence } = parsePosition(position);
  const subjectBytes = Buffer.byteLength(subject);
  const end = 1 + HEAD_BYTES + 2 * LENGTH_BYTES + subjectBytes + body.byteLength;
  if (end > scratch.byteLength) scratch = Buffer.alloc(2 * end);
  scratch[0] = LEAF_PREFIX;
  let at = 1 + scratch.write(NAME, 1, 'latin1');
  at = scratch.writeBigUInt64BE(BigInt(volume), at);
  at = scratch.writeBigUInt64BE(BigInt(sequence), at);
  at = scratch.writeBigInt64BE(BigInt(time), at);
  at = scratch.writeUInt32BE(subjectBytes, at);
  at += scratch.write(subject, at);
  at = scratch.writeUInt32BE(body.byteLength, at);
  scratch.set(body, at);
  return end;
}
