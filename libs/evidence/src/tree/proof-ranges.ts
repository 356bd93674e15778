/**
 * Which subtrees a proof consists of, as ranges of leaves, in the order of the proof: RFC 9162 sections 2.1.3.1 and 2.1.4.1.
 * Every range begins where a perfect subtree of at least its length begins.
 */
export interface LeafRange {
  from: number;
  /** Exclusive. */
  to: number;
}

/** @throws RangeError unless 0 ≤ index < size. */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  if (!isCount(index) || !isCount(size) || index >= size) {
    throw new RangeError(`Leaf ${index} is not in a tree of ${size} leaves`);
  }
  const ranges: LeafRange[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  return ranges.reverse();
}

/** No ranges when the trees are the same or the first is empty. @throws RangeError unless 0 ≤ first ≤ second. */
export function consistencyRanges(first: number, second: number): LeafRange[] {
  if (!isCount(first) || !isCount(second) || first > second) {
    throw new RangeError(`A tree of ${second} leaves does not continue one of ${first}`);
  }
  if (first === 0 || first === second) return [];
  const ranges: LeafRange[] = [];
  let from = 0;
  let to = second;
  while (first !== to) {
    const middle = from + splitOf(to - from);
    if (first <= middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  // Of the first tree itself (from = 0) the verifier knows the root.
  if (from > 0) ranges.push({ from, to });
  return ranges.reverse();
}

/** The perfect subtrees that make up a range, left to right: `height` in levels above the leaves, `index` among those. */
export function perfectSubtrees({ from, to }: LeafRange): { height: number; index: number }[] {
  const subtrees: { height: number; index: number }[] = [];
  let at = from;
  while (at < to) {
    const height = Math.floor(Math.log2(to - at));
    // log2 of numbers close below a power of two is rounded up to it from 2^48 on.
    const exact = 2 ** height > to - at ? height - 1 : height;
    subtrees.push({ height: exact, index: at / 2 ** exact });
    at += 2 ** exact;
  }
  return subtrees;
}

/** The largest power of two below `count`, for count > 1. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
