import { parseCommitLeaf } from '../history/parse-leaf.js';

/** Bytes that stand for an entry of a bundle, rightly or not. */
export interface LooseEntry {
  bytes: Uint8Array;
  /** The length before it says where it ends. */
  framed: boolean;
}

const LENGTH_BYTES = 2;
const MARK = Buffer.from('freehold-commit/v1');

/**
 * The entries of a bundle that may be damaged: where the length before an entry does not give a commit, it goes on at the
 * next place that begins like one. So what is damaged takes nothing else with it.
 */
export function looseEntries(bundle: Uint8Array): LooseEntry[] {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: LooseEntry[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const end = at + LENGTH_BYTES <= bytes.byteLength ? at + LENGTH_BYTES + bytes.readUInt16BE(at) : Infinity;
    const next = endOf(bytes, at, end);
    entries.push({ bytes: bytes.subarray(Math.min(at + LENGTH_BYTES, next), next), framed: next === end });
    at = next;
  }
  return entries;
}

/** `framed`, if that makes a commit; otherwise the length before the next mark, or the end. */
function endOf(bytes: Buffer, at: number, framed: number): number {
  const begin = at + LENGTH_BYTES;
  if (framed <= bytes.byteLength && parseCommitLeaf(bytes.subarray(begin, framed)) !== null) return framed;
  const mark = bytes.indexOf(MARK, begin + 1);
  return mark === -1 ? bytes.byteLength : Math.max(mark - LENGTH_BYTES, begin);
}
