import type { ProcessClock } from '../reactor/process-ports.js';

/** A clock that stands still until it is told to go to the next timer. */
export class LawClock implements ProcessClock {
  private nowMs = Date.parse('2030-01-01T00:00:00Z');
  private readonly timers = new Set<{ at: number; wake: () => void }>();

  now(): Date {
    return new Date(this.nowMs);
  }

  after(ms: number, wake: () => void): () => void {
    const timer = { at: this.nowMs + ms, wake };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** False: nobody waits for any time. */
  advance(): boolean {
    const [next] = [...this.timers].toSorted((left, right) => left.at - right.at);
    if (next === undefined) return false;
    this.timers.delete(next);
    this.nowMs = Math.max(this.nowMs, next.at);
    next.wake();
    return true;
  }

  /** What a crash does to timers. */
  forget(): void {
    this.timers.clear();
  }
}
