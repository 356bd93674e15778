import { log } from '@freehold/platform';
import { randomUUID } from 'node:crypto';
import type { RuntimeBackend } from '../backend/runtime-backend.js';

/** Lines kept for those who read on. */
const KEPT_LINES = 2_000;
const FIRST_LINES = 1_000;

/**
 * The recent lines of an environment's units while somebody reads them, numbered, so that a reader goes on where it was.
 * A tail is let go of when nobody reads; a cursor of an earlier one begins again with the last lines.
 */
export class LogTail {
  readonly id = randomUUID().slice(0, 8);
  readonly #lines: string[] = [];
  #dropped = 0;
  readonly #closing = new AbortController();
  readonly #waiting = new Set<() => void>();
  /** Resolves when what was written before is there. */
  readonly ready: Promise<void>;

  constructor(
    private readonly backend: RuntimeBackend,
    private readonly environment: string,
    private readonly units: readonly string[],
  ) {
    this.ready = this.#open();
  }

  /** Number of the line after the last. */
  get end(): number {
    return this.#dropped + this.#lines.length;
  }

  /** At most `count` lines from line `from` on, or from the oldest that is kept; and the number of the line after them. */
  read(from: number, count: number): { lines: string[]; next: number } {
    const first = Math.max(from, this.#dropped);
    const lines = this.#lines.slice(first - this.#dropped, first - this.#dropped + count);
    return { lines, next: first + lines.length };
  }

  /** Resolves when there are lines from `from` on, or after `waitMs`. */
  async wait(from: number, waitMs: number): Promise<void> {
    if (this.end > from || waitMs <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#waiting.add(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  close(): void {
    this.#closing.abort();
    this.#wakeAll();
  }

  async #open(): Promise<void> {
    await Promise.all(this.units.map((unit) => this.#follow(unit)));
  }

  async #follow(unit: string): Promise<void> {
    let before = 0;
    for await (const _line of this.backend.logs(this.environment, unit, { lines: FIRST_LINES })) before += 1;
    let seen = 0;
    await new Promise<void>((resolve) => {
      if (before === 0) resolve();
      const prefix = this.units.length > 1 ? `${unit} | ` : '';
      const read = async () => {
        const { signal } = this.#closing;
        const lines = this.backend.logs(this.environment, unit, { lines: FIRST_LINES, follow: true, signal });
        for await (const line of lines) {
          this.#add(`${prefix}${line}`);
          seen += 1;
          if (seen === before) resolve();
        }
      };
      read()
        .catch((error: unknown) => log().warn({ err: error, environment: this.environment, unit }, 'a log ended'))
        .finally(resolve);
    });
  }

  #add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) {
      this.#lines.shift();
      this.#dropped += 1;
    }
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
