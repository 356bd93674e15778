import { type Commit, comparePositions, parsePosition, type Position, type StoredCommit } from '@freehold/kernel';
import { decodeCommit, encodeCommit } from './commit-encoding.js';
import type { AppendOutcome, Log } from './log.port.js';
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
    head: async () => stream.head(),
    async *follow(after, { signal, filter = 'log.>' }) {
      let { sequence } = parsePosition(after);
      while (!signal.aborted) {
        const next = stream.at(sequence + 1);
        if (next === null) {
          await stream.appended(signal);
          continue;
        }
        sequence += 1;
        if (matches(filter, next.subject)) yield next;
      }
    },
    async *range(after, to) {
      const end = comparePositions(to, stream.head()) < 0 ? to : stream.head();
      for (let sequence = parsePosition(after).sequence + 1; sequence <= parsePosition(end).sequence; sequence += 1) {
        const next = stream.at(sequence);
        if (next !== null) yield next;
      }
    },
  };
}

class MemoryStream {
  readonly #kept: Kept[] = [];
  readonly #lastOf = new Map<string, number>();
  readonly #waiting = new Set<() => void>();

  constructor(private readonly clock: () => Date) {}

  head(): Position {
    return `1:${this.#kept.length}`;
  }

  at(sequence: number): StoredCommit | null {
    const found = this.#kept[sequence - 1];
    if (found === undefined) return null;
    const position: Position = `1:${sequence}`;
    const { subject, time, bytes } = found;
    return { position, time, subject, commit: decodeCommit(bytes, position, subject) };
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
