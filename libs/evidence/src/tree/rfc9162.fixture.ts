import { createHash } from 'node:crypto';

/** RFC 9162 section 2.1 word by word, recursive and slow: what the library is compared with. Shares no code with it. */
const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

export const textLeaf = (text: string): Buffer => sha256(Buffer.of(0), Buffer.from(text));

/** MTH of leaf hashes. */
export function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0]!;
  const k = split(leaves.length);
  return sha256(Buffer.of(1), rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

/** PATH(m, D[n]). */
export function pathOf(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return index < k ? [...pathOf(index, left), rootOf(right)] : [...pathOf(index - k, right), rootOf(left)];
}

/** PROOF(m, D[n]) = SUBPROOF(m, D[n], true). */
export function proofOf(first: number, leaves: readonly Uint8Array[], known = true): Uint8Array[] {
  if (first === leaves.length) return known ? [] : [rootOf(leaves)];
  const k = split(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return first <= k
    ? [...proofOf(first, left, known), rootOf(right)]
    : [...proofOf(first - k, right, false), rootOf(left)];
}

function split(count: number): number {
  let k = 1;
  while (k * 2 < count) k *= 2;
  return k;
}

/** A copy with one bit turned. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[Math.floor(bit / 8)]! ^= 1 << (bit % 8);
  return copy;
}

/** The n-th of a list of hashes with one bit turned. */
export const flippedAt = (hashes: readonly Uint8Array[], at: number, bit: number): Uint8Array[] =>
  hashes.map((hash, each) => (each === at ? flipped(hash, bit) : hash));
