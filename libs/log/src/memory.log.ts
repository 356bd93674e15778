import { type Commit, comparePositions, parsePosition, type Position, type StoredCommit } from '@freehold/kernel';
import { decodeCommit, encodeCommit } from './commit-encoding.js';
import type { AppendOutcome, Log, RawCommit } from './log.port.js';
import { matches } from './subject-filter.js';

interface Kept {
  subject: string;
  bytes: Uint8Array;
  time: string;
}

/**
 * The log in memory, for tests and for trying things out: the same bytes and the same answers as JetStream, gone at the end.
 *
 * @param options.clock the stream's time. Default: now.
 */
export function memoryLog({ clock = () => new Date() }: { clock?: () => Date } = {}): Log {
  const stream = new MemoryStream(clock);
  return {
    append: async (subject, commit, expected) => stream.store(subject, commit, expected),
    last: async (subject) => stream.lastOf(subject),
    read: async (position) => {
      const { volume, sequence } = parsePosition(position);
      return volume === 1 ? stream.at(sequence) : null;
    },
    count: async (subject) => stream.countOf(subject),
    head: async () => stream.head(),
    async *follow(after, { signal, filter = 'log.>' }) {
      for await (const raw of stream.follow(after, signal)) if (matches(filter, raw.subject)) yield read(raw);
    },
    async *range(after, to) {
      for (const raw of stream.range(after, to)) yield read(raw);
    },
    followRaw: (after, { signal }) => stream.follow(after, signal),
    async *rangeRaw(after, to) {
      yield* stream.range(after, to);
    },
  };
}

const read = ({ position, time, subject, body }: RawCommit): StoredCommit => ({
  position,
  time,
  subject,
  commit: decodeCommit(body, position, subject),
});

class MemoryStream {
  readonly #kept: Kept[] = [];
  readonly #lastOf = new Map<string, number>();
  readonly #countOf = new Map<string, number>();
  readonly #waiting = new Set<() => void>();

  constructor(private readonly clock: () => Date) {}

  head(): Position {
    return `1:${this.#kept.length}`;
  }

  raw(sequence: number): RawCommit | null {
    const found = this.#kept[sequence - 1];
    if (found === undefined) return null;
    const { subject, time, bytes } = found;
    return { position: `1:${sequence}`, time, subject, body: bytes };
  }

  at(sequence: number): StoredCommit | null {
    const found = this.raw(sequence);
    return found === null ? null : read(found);
  }

  async *follow(after: Position, signal: AbortSignal): AsyncGenerator<RawCommit, void, undefined> {
    let { sequence } = parsePosition(after);
    while (!signal.aborted) {
      const next = this.raw(sequence + 1);
      if (next === null) {
        await this.appended(signal);
        continue;
      }
      sequence += 1;
      yield next;
    }
  }

  *range(after: Position, to: Position): Generator<RawCommit, void, undefined> {
    const { sequence: end } = parsePosition(comparePositions(to, this.head()) < 0 ? to : this.head());
    for (let { sequence } = parsePosition(after); sequence < end; sequence += 1) {
      const next = this.raw(sequence + 1);
      if (next !== null) yield next;
    }
  }

  countOf(subject: string): number {
    return this.#countOf.get(subject) ?? 0;
  }

  lastOf(subject: string): StoredCommit | null {
    return this.at(this.#lastOf.get(subject) ?? 0);
  }

  store(subject: string, commit: Commit, expected: Position | null): AppendOutcome {
    const bytes = encodeCommit(commit);
    const wanted = expected === null ? 0 : parsePosition(expected).sequence;
    if ((this.#lastOf.get(subject) ?? 0) !== wanted) return { kind: 'conflict' };
    this.#kept.push({ subject, bytes, time: `${this.clock().getTime()}000000` });
    this.#lastOf.set(subject, this.#kept.length);
    this.#countOf.set(subject, this.countOf(subject) + 1);
    for (const wake of [...this.#waiting]) wake();
    const position = this.head();
    return { kind: 'stored', stored: { position, subject, commit: decodeCommit(bytes, position, subject) } };
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
