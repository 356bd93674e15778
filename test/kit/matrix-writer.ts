import { setTimeout as pause } from 'node:timers/promises';
import type { MatrixPerson } from './matrix-person.js';

const PATIENCE_MS = 120_000;

/** A message that the server has acknowledged. */
export interface Acknowledged {
  readonly id: string;
  readonly text: string;
  /** When the answer came, by performance.now(). */
  readonly atMs: number;
}

/** Somebody who goes on writing whatever happens, one message after another. */
export class MatrixWriter {
  readonly acknowledged: Acknowledged[] = [];
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;

  /** @param beatMs from one message to the next, unless the first one takes longer */
  constructor(
    private readonly person: MatrixPerson,
    private readonly room: string,
    private readonly beatMs = 200,
  ) {
    this.#done = this.#write();
    this.#done.catch(() => undefined); // `stop` reports it
  }

  /** The longest time from one acknowledgement to the next, and when the later one came. */
  get longestPause(): { readonly ms: number; readonly endedAtMs: number } {
    return this.acknowledged.slice(1).reduce(
      (longest, { atMs }, index) => {
        const ms = atMs - (this.acknowledged[index]?.atMs ?? atMs);
        return ms > longest.ms ? { ms, endedAtMs: atMs } : longest;
      },
      { ms: 0, endedAtMs: 0 },
    );
  }

  /** Ends after the message that is on its way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  async #write(): Promise<void> {
    for (let n = 1; !this.#stopping.signal.aborted; n += 1) {
      const text = `Message ${n}`;
      const startedAt = performance.now();
      const id = await this.person.say(this.room, text, PATIENCE_MS);
      const atMs = performance.now();
      this.acknowledged.push({ id, text, atMs });
      await pause(Math.max(0, startedAt + this.beatMs - atMs));
    }
  }
}
