import { setTimeout as pause } from 'node:timers/promises';
import type { Installation } from '../kit/installation.js';
import { type Calendar, type Entry, newEntry } from './calendar.js';

const PAUSE_MS = 80;

/** What was sent, and which of it was acknowledged; an entry is sent once, whatever comes of it. */
export class Written {
  readonly sent = new Map<string, string>();
  readonly acknowledged = new Map<string, string>();
  #last = performance.now();
  /** Longest time without an acknowledgement to the writer. */
  longestPauseMs = 0;

  next(prefix: string): Entry {
    const entry = newEntry(`${prefix}-${this.sent.size}`);
    this.sent.set(entry.uid, entry.summary);
    return entry;
  }

  acknowledge({ uid, summary }: Entry, atMs?: number): void {
    this.acknowledged.set(uid, summary);
    if (atMs === undefined) return;
    this.paused(atMs);
    this.#last = atMs;
  }

  /** The pause until now counts, whether or not it is over. */
  paused(nowMs: number): void {
    this.longestPauseMs = Math.max(this.longestPauseMs, nowMs - this.#last);
  }

  /** What is wrong with what the application shows in the end. */
  against(shown: readonly Entry[] | undefined): string[] {
    if (shown === undefined) return ['its content cannot be read'];
    const found = new Map<string, string[]>();
    for (const { uid, summary } of shown) found.set(uid, [...(found.get(uid) ?? []), summary]);
    const lost = [...this.acknowledged].filter(([uid, summary]) => !(found.get(uid) ?? []).includes(summary));
    const twice = [...found].filter(([, summaries]) => summaries.length > 1);
    const foreign = [...found].filter(([uid, summaries]) => !summaries.every((each) => each === this.sent.get(uid)));
    return [
      ...named('acknowledged and not there', lost),
      ...named('there more than once', twice),
      ...named('there and never written so', foreign),
    ];
  }
}

const named = (what: string, entries: readonly (readonly [string, unknown])[]): string[] =>
  entries.length === 0
    ? []
    : [
        `${entries.length} entries ${what}: ${entries
          .slice(0, 5)
          .map(([uid]) => uid)
          .join(', ')}`,
      ];

/** Writes entry after entry by the name; asks at the other router when this one does not take it. */
export class Writer {
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    private readonly calendar: Calendar,
    private readonly written: Written,
    routers: readonly [Installation, Installation],
  ) {
    this.#running = this.#run(routers);
  }

  async stop(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    this.written.paused(performance.now());
    await this.#running;
  }

  async #run(routers: readonly [Installation, Installation]): Promise<void> {
    const { signal } = this.#ending;
    let [here, other] = routers;
    while (!signal.aborted) {
      const entry = this.written.next('writer');
      if (await this.calendar.put(here, entry)) this.written.acknowledge(entry, performance.now());
      else [here, other] = [other, here];
      await pause(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
