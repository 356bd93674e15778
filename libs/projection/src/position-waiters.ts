import { comparePositions, type Position } from '@freehold/kernel';
import { TimedOut, ViewsUnavailable } from './projection.errors.js';

interface Waiter {
  wanted: Position;
  settle(failure?: Error): void;
}

/** Those who wait until the views have reached a position. */
export class PositionWaiters {
  readonly #waiting = new Set<Waiter>();
  #reached: Position;
  #unavailable: string | null = null;

  constructor(start: Position) {
    this.#reached = start;
  }

  get reached(): Position {
    return this.#reached;
  }

  /** Also backwards, when the views are built again. */
  moveTo(position: Position): void {
    this.#reached = position;
    this.#unavailable = null;
    for (const waiter of this.#waiting) {
      if (comparePositions(waiter.wanted, position) <= 0) waiter.settle();
    }
  }

  /** Until it moves on; those who wait go on waiting, as long as they meant to. */
  pause(reason: string): void {
    this.#unavailable = reason;
  }

  /** For good: everybody is told at once. */
  fail(failure: Error): void {
    for (const waiter of this.#waiting) waiter.settle(failure);
  }

  /** @throws TimedOut, or ViewsUnavailable when the database was away at the end. */
  wait(wanted: Position, timeoutMs: number): Promise<void> {
    if (comparePositions(wanted, this.#reached) <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (failure?: Error): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiter);
        if (failure === undefined) resolve();
        else reject(failure);
      };
      const waiter: Waiter = { wanted, settle };
      const timer = setTimeout(() => settle(this.#late(wanted, timeoutMs)), timeoutMs);
      this.#waiting.add(waiter);
    });
  }

  #late(wanted: Position, timeoutMs: number): Error {
    return this.#unavailable === null
      ? new TimedOut(wanted, this.#reached, timeoutMs)
      : new ViewsUnavailable(this.#unavailable);
  }
}
