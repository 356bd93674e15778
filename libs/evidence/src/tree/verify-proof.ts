import { EMPTY_ROOT, HASH_BYTES, nodeHash, sameHash } from './tree-hash.js';

/** What a proof says: leaf number `index` of the tree of `size` leaves with this `root` has this hash. */
export interface InclusionClaim {
  index: number;
  size: number;
  leaf: Uint8Array;
  proof: readonly Uint8Array[];
  root: Uint8Array;
}

/** RFC 9162 section 2.1.3.2. False for anything that is not exactly right, a proof that is too long included. */
export function verifyInclusion({ index, size, leaf, proof, root }: InclusionClaim): boolean {
  if (!areCounts(index, size) || index >= size || !areHashes(leaf, root, ...proof)) return false;
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && sameHash(hash, root);
}

/** What a proof says: the tree of `second` leaves begins with the tree of `first` leaves. */
export interface ConsistencyClaim {
  first: number;
  second: number;
  firstRoot: Uint8Array;
  secondRoot: Uint8Array;
  proof: readonly Uint8Array[];
}

/**
 * RFC 9162 section 2.1.4.2. Of two equal sizes, and for an empty first tree (c2sp.org/tlog-witness: it is consistent with
 * every tree), the proof is empty; an empty tree has {@link EMPTY_ROOT}.
 */
export function verifyConsistency({ first, second, firstRoot, secondRoot, proof }: ConsistencyClaim): boolean {
  if (!areCounts(first, second) || first > second || !areHashes(firstRoot, secondRoot, ...proof)) return false;
  if (first === 0 && !sameHash(firstRoot, EMPTY_ROOT)) return false;
  if (first === second) return proof.length === 0 && sameHash(firstRoot, secondRoot);
  if (first === 0) return proof.length === 0;
  let at = first - 1;
  let last = second - 1;
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  // Nothing is left of `at` when the first tree is perfect: then the path begins with its root.
  const [start, ...path] = at === 0 ? [firstRoot, ...proof] : proof;
  if (start === undefined) return false;
  let old = start;
  let young = start;
  for (const sibling of path) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      old = nodeHash(sibling, old);
      young = nodeHash(sibling, young);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      young = nodeHash(young, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && sameHash(old, firstRoot) && sameHash(young, secondRoot);
}

// Not bit operations: those are cut to 32 bits.
const isOdd = (value: number): boolean => value % 2 === 1;
const half = (value: number): number => Math.floor(value / 2);
const areCounts = (...values: number[]): boolean => values.every((value) => Number.isSafeInteger(value) && value >= 0);
const areHashes = (...values: Uint8Array[]): boolean => values.every((value) => value.byteLength === HASH_BYTES);
