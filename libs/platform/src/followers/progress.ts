import { comparePositions, type Position } from '@freehold/kernel';

/**
 * How far a follower may say it has come while several commits are handled at once: up to the last one before the first
 * that is not finished. Positions begin in the log's order and finish in any.
 */
export class Progress {
  /** In the log's order; true: finished. */
  readonly #open = new Map<Position, boolean>();
  #reached: Position | null;

  constructor(reached: Position | null) {
    this.#reached = reached;
  }

  get reached(): Position | null {
    return this.#reached;
  }

  get unfinished(): number {
    return this.#open.size;
  }

  begin(position: Position): void {
    this.#open.set(position, false);
  }

  finish(position: Position): void {
    this.#open.set(position, true);
    for (const [first, finished] of this.#open) {
      if (!finished) return;
      this.#open.delete(first);
      this.#reached = first;
    }
  }
}

/** The earlier of two; null is no limit. */
export const earlier = (position: Position, limit: Position | null): Position =>
  limit !== null && comparePositions(limit, position) < 0 ? limit : position;
