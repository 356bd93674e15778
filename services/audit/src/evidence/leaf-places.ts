import { parsePosition, type Position, positionOf } from '@freehold/kernel';

/**
 * Which leaf of the tree a position of the log is, and back. `firsts[v - 1]` is the first leaf of volume v; positions of a
 * volume have no gaps (docs/protocol/evidence-v1.md), so nothing else has to be kept.
 */
export class LeafPlaces {
  readonly #firsts: number[];

  constructor(firsts: readonly number[] = []) {
    this.#firsts = [...firsts];
  }

  get firsts(): readonly number[] {
    return [...this.#firsts];
  }

  /** Takes the commit that is to be leaf number `size`. False: it does not follow the one before it. */
  follows(position: Position, size: number): boolean {
    const { volume, sequence } = parsePosition(position);
    const current = this.#firsts.length;
    if (volume === current) return sequence === size - this.#firsts[current - 1]! + 1;
    if (volume < current || sequence !== 1) return false;
    while (this.#firsts.length < volume) this.#firsts.push(size);
    return true;
  }

  /** Null: in a tree of `size` leaves it has none. */
  leafOf(position: Position, size: number): number | null {
    const { volume, sequence } = parsePosition(position);
    const first = this.#firsts[volume - 1];
    if (first === undefined || sequence < 1) return null;
    const leaf = first + sequence - 1;
    return leaf < Math.min(this.#firsts[volume] ?? size, size) ? leaf : null;
  }

  /** Of a leaf that the tree has; `1:0` for -1. */
  positionOf(leaf: number): Position {
    const volume = this.#firsts.findLastIndex((first) => first <= leaf) + 1;
    return volume === 0 ? '1:0' : positionOf({ volume, sequence: leaf - this.#firsts[volume - 1]! + 1 });
  }
}
