import { type Commit, parsePosition, type Position, positionOf, type StoredCommit } from '@freehold/kernel';
import { decodeCommit, encodeCommit, readCommit } from './commit-encoding.js';
import type { AppendOutcome, Log, RawCommit } from './log.port.js';
import { subjectMatcher } from './subject-filter.js';

const BATCH = 1_000;

export interface MemoryLogOptions {
  /** The stream's time. Default: now. */
  clock?: () => Date;
  /** After so many commits the next volume begins. Default: never. */
  commitsPerVolume?: number;
}

/** The log in memory, for tests and for trying things out: the same bytes and the same answers as JetStream, gone at the end. */
export function memoryLog({ clock = () => new Date(), commitsPerVolume = Infinity }: MemoryLogOptions = {}): Log {
  const stream = new MemoryStream(clock, commitsPerVolume);
  return {
    append: async (subject, commit, expected) => stream.store(subject, commit, expected),
    last: async (subject) => stream.lastOf(subject),
    read: async (position) => stream.at(position),
    readRaw: async (position) => stream.rawAt(position),
    count: async (subject, since = null) => stream.countOf(subject, await since),
    head: async () => stream.head(),
    async *follow(after, { signal, filter }) {
      const isWanted = subjectMatcher(filter);
      for await (const raw of stream.follow(after, signal)) if (isWanted(raw.subject)) yield readCommit(raw);
    },
    async *range(after, to, { filter } = {}) {
      const isWanted = subjectMatcher(filter);
      for (const raw of stream.range(after, to)) if (isWanted(raw.subject)) yield readCommit(raw);
    },
    async *followRaw(after, { signal, filter }) {
      const isWanted = subjectMatcher(filter);
      for await (const raw of stream.follow(after, signal)) if (isWanted(raw.subject)) yield raw;
    },
    async *rangeRaw(after, to) {
      yield* stream.range(after, to);
    },
    async *rangeBatches(after, to) {
      const commits = stream.range(after, to);
      for (let from = 0; from < commits.length; from += BATCH) yield commits.slice(from, from + BATCH);
    },
  };
}

class MemoryStream {
  readonly #kept: RawCommit[] = [];
  readonly #lastOf = new Map<string, Position>();
  /** By the number of the volume. */
  readonly #countOf = new Map<string, number[]>();
  readonly #waiting = new Set<() => void>();

  constructor(
    private readonly clock: () => Date,
    private readonly commitsPerVolume: number,
  ) {}

  head(): Position {
    return this.#kept.at(-1)?.position ?? '1:0';
  }

  at(position: Position): StoredCommit | null {
    const found = this.rawAt(position);
    return found === null ? null : readCommit(found);
  }

  rawAt(position: Position): RawCommit | null {
    const found = this.#kept[this.#upTo(position) - 1];
    return found?.position === position ? found : null;
  }

  async *follow(after: Position, signal: AbortSignal): AsyncGenerator<RawCommit, void, undefined> {
    let index = this.#upTo(after);
    while (!signal.aborted) {
      const next = this.#kept[index];
      if (next === undefined) {
        await this.appended(signal);
        continue;
      }
      index += 1;
      yield next;
    }
  }

  range(after: Position, to: Position): readonly RawCommit[] {
    return this.#kept.slice(this.#upTo(after), this.#upTo(to));
  }

  countOf(subject: string, since: Position | null): number {
    const { volume: from } = parsePosition(since ?? '1:0');
    return (this.#countOf.get(subject) ?? []).slice(from).reduce((sum, each) => sum + each, 0);
  }

  lastOf(subject: string): StoredCommit | null {
    return this.at(this.#lastOf.get(subject) ?? '1:0');
  }

  store(subject: string, commit: Commit, expected: Position | null): AppendOutcome {
    const body = encodeCommit(commit);
    if ((this.#lastOf.get(subject) ?? null) !== expected) return { kind: 'conflict' };
    const count = this.#kept.length;
    const volume = Math.floor(count / this.commitsPerVolume) + 1;
    const position = positionOf({ volume, sequence: count - this.#before(volume) + 1 });
    this.#kept.push({ position, subject, body, time: `${this.clock().getTime()}000000` });
    this.#lastOf.set(subject, position);
    const counts = this.#countOf.get(subject) ?? [];
    counts[volume] = (counts[volume] ?? 0) + 1;
    this.#countOf.set(subject, counts);
    for (const wake of [...this.#waiting]) wake();
    return { kind: 'stored', stored: { position, subject, commit: decodeCommit(body, position, subject) } };
  }

  /** How many commits stand at or before a position. */
  #upTo(position: Position): number {
    const { volume, sequence } = parsePosition(position);
    return Math.min(this.#before(volume) + Math.min(sequence, this.commitsPerVolume), this.#kept.length);
  }

  /** How many commits the volumes before this one have. */
  #before(volume: number): number {
    return volume === 1 ? 0 : (volume - 1) * this.commitsPerVolume;
  }

  /** Until the next commit is stored, or `signal` aborts. */
  appended(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}
