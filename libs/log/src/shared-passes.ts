import { comparePositions, type Position } from '@freehold/kernel';
import type { Log, RawCommit } from './log.port.js';
import { OnceRead } from './once-read.js';
import { upTo } from './up-to.js';

/** Commits in one batch, at least, but for the last. */
const BATCH = 1_000;
/** A pass keeps so many batches, and is not further ahead of its slowest reader. */
const KEPT = 8;

type Batch = readonly RawCommit[];

/**
 * Logs, of one cell, on which those who read in batches at the same time share one pass, and read each commit once: whoever begins at a place that a pass
 * still has joins it. Each reads at its own pace, and the fastest waits for the slowest. A pass ends with its last reader, and
 * what was appended after it began each reads alone; so does, with its own log, whoever sees another's fail.
 */
export function sharedPasses(): (log: Log) => Log {
  const passes = new Set<Pass>();
  const join = (log: Log, after: Position): Pass => {
    const found = [...passes].find((pass) => pass.has(after));
    if (found !== undefined) return found;
    const pass = new Pass(log, after);
    passes.add(pass);
    return pass;
  };
  return (log) => ({
    ...log,
    async *rangeBatches(after, to) {
      if (comparePositions(after, to) >= 0) return;
      const pass = join(log, after);
      let position = after;
      try {
        for await (const batch of pass.from(after)) {
          const wanted = upTo(batch, to);
          if (wanted.length > 0) yield wanted;
          position = wanted.at(-1)?.position ?? position;
          if (wanted.length < batch.length || position === to) return;
        }
      } catch (cause) {
        passes.delete(pass);
        if (pass.log === log) throw cause;
      } finally {
        if (pass.readers === 0) passes.delete(pass);
      }
      yield* log.rangeBatches(position, to);
    },
  });
}

async function* toHead(log: Log, after: Position): AsyncGenerator<Batch, void, undefined> {
  let batch: OnceRead[] = [];
  for await (const some of log.rangeBatches(after, await log.head())) {
    for (const commit of some) batch.push(new OnceRead(commit));
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** One pass, and where each of its readers is. */
class Pass {
  /** By number, from 0: the last few, of which every reader's next one is one. */
  readonly #kept = new Map<number, { after: Position; batch: Batch }>();
  readonly #readers = new Set<{ next: number }>();
  #count = 0;
  #hasEnded = false;
  #pulling: Promise<void> | null = null;
  #moved = Promise.withResolvers<void>();

  readonly #source: AsyncGenerator<Batch, void, undefined>;

  constructor(
    readonly log: Log,
    /** Where the next batch begins. */
    private position: Position,
  ) {
    this.#source = toHead(log, position);
  }

  get readers(): number {
    return this.#readers.size;
  }

  has(after: Position): boolean {
    return this.#numberAfter(after) !== undefined;
  }

  /** @param after a place that it has. */
  async *from(after: Position): AsyncGenerator<Batch, void, undefined> {
    const reader = { next: this.#numberAfter(after) ?? this.#count };
    this.#readers.add(reader);
    try {
      for (let batch = await this.#at(reader); batch !== undefined; batch = await this.#at(reader)) {
        reader.next += 1;
        this.#move();
        yield batch;
      }
    } finally {
      this.#readers.delete(reader);
      this.#move();
      if (this.#readers.size === 0) await this.#source.return();
    }
  }

  #numberAfter(after: Position): number | undefined {
    for (const [number, kept] of this.#kept) if (kept.after === after) return number;
    return this.position === after && !this.#hasEnded ? this.#count : undefined;
  }

  async #at(reader: { next: number }): Promise<Batch | undefined> {
    for (;;) {
      const kept = this.#kept.get(reader.next);
      if (kept !== undefined) return kept.batch;
      if (this.#hasEnded) return undefined;
      const slowest = Math.min(...[...this.#readers].map(({ next }) => next));
      if (this.#count - slowest >= KEPT) await this.#moved.promise;
      else await (this.#pulling ??= this.#pull().finally(() => (this.#pulling = null)));
    }
  }

  async #pull(): Promise<void> {
    const { done, value } = await this.#source.next();
    if (done === true) {
      this.#hasEnded = true;
      return;
    }
    this.#kept.set(this.#count, { after: this.position, batch: value });
    this.#kept.delete(this.#count - KEPT);
    this.#count += 1;
    this.position = value.at(-1)?.position ?? this.position;
  }

  /** Tells those who wait for the slowest. */
  #move(): void {
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }
}
