import type { Position } from '@freehold/kernel';
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
/** Where the fields stand, the tree's prefix included: volume, sequence, time, the subject's length, the subject. */
const VOLUME = 1 + NAME.length;
const SEQUENCE = VOLUME + 8;
const TIME = SEQUENCE + 8;
const SUBJECT_LENGTH = TIME + 8;
const SUBJECT = SUBJECT_LENGTH + 4;
/** UTF-8 of one UTF-16 code unit. */
const MOST_BYTES = 3;

const encoder = new TextEncoder();

// Prefix and input of one leaf, used between two lines of one synchronous function only. Through a DataView and a
// TextEncoder, because Buffer's own writing of 64-bit numbers and short texts takes a third of the whole time.
let scratch = scratchOf(128 * 1024);

/**
 * What is hashed of a commit, without the tree's prefix: `freehold-commit/v1`, volume and sequence (u64), the stream's time in
 * ns (i64), subject and body each after its length (u32); all big endian.
 *
 * @throws RangeError for what {@link leafProblem} names.
 */
export function commitLeaf(commit: LoggedCommit): Uint8Array {
  const end = write(commit);
  return scratch.bytes.slice(1, end);
}

export function commitLeafHash(commit: LoggedCommit): Uint8Array {
  return commitLeafHashes([commit]);
}

/** The leaf hashes of commits, packed. @throws RangeError for what {@link leafProblem} names. */
export function commitLeafHashes(commits: readonly LoggedCommit[]): Uint8Array {
  const hashes = Buffer.alloc(commits.length * HASH_BYTES);
  let at = 0;
  for (const commit of commits) {
    const end = write(commit);
    hashInto(new Uint8Array(scratch.bytes.buffer, 0, end), hashes, at);
    at += HASH_BYTES;
  }
  return hashes;
}

/** Why no leaf can be made of a commit from outside; null: it can. Fields have one spelling, or two commits had one leaf. */
export function leafProblem({ position, time, subject }: LoggedCommit): string | null {
  if (!/^[1-9][0-9]{0,15}:[1-9][0-9]{0,15}$/.test(position)) return `"${position}" is not a position, such as 1:4711`;
  if (timeOf(time) === null) return `"${time}" is not a time in nanoseconds that fits 64 bits`;
  return subject.isWellFormed() ? null : 'its subject is not Unicode';
}

/** Writes prefix and input into `scratch`, which may become another one. @returns where they end. */
function write(commit: LoggedCommit): number {
  const problem = leafProblem(commit);
  if (problem !== null) throw new RangeError(`No leaf can be made of this commit: ${problem}`);
  const { position, time, subject, body } = commit;
  const most = SUBJECT + subject.length * MOST_BYTES + 4 + body.byteLength;
  if (most > scratch.bytes.byteLength) scratch = scratchOf(2 * most);
  const { bytes, view } = scratch;
  const colon = position.indexOf(':');
  writeCount(view, VOLUME, Number(position.slice(0, colon)));
  writeCount(view, SEQUENCE, Number(position.slice(colon + 1)));
  view.setBigInt64(TIME, BigInt(time));
  const subjectBytes = encoder.encodeInto(subject, bytes.subarray(SUBJECT)).written;
  view.setUint32(SUBJECT_LENGTH, subjectBytes);
  const bodyLength = SUBJECT + subjectBytes;
  view.setUint32(bodyLength, body.byteLength);
  bytes.set(body, bodyLength + 4);
  return bodyLength + 4 + body.byteLength;
}

/** A whole number up to 2^53 - 1, as u64. */
function writeCount(view: DataView, at: number, count: number): void {
  view.setUint32(at, count / 2 ** 32);
  view.setUint32(at + 4, count % 2 ** 32);
}

function timeOf(text: string): bigint | null {
  if (!/^(0|-?[1-9][0-9]{0,18})$/.test(text)) return null;
  // 18 digits always fit.
  if (text.length < 19) return BigInt(text);
  const time = BigInt(text);
  return BigInt.asIntN(64, time) === time ? time : null;
}

function scratchOf(bytes: number): { bytes: Uint8Array<ArrayBuffer>; view: DataView<ArrayBuffer> } {
  const made = new Uint8Array(bytes);
  made[0] = LEAF_PREFIX;
  encoder.encodeInto(NAME, made.subarray(1));
  return { bytes: made, view: new DataView(made.buffer) };
}
