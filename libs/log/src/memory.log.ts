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
  const kept: Kept[] = [];
  const lastOf = new Map<string, number>();
  const waiting = new Set<() => void>();

  const storedAt = (sequence: number): StoredCommit | null => {
    const found = kept[sequence - 1];
    if (found === undefined) return null;
    const position: Position = `1:${sequence}`;
    const { subject, time, bytes } = found;
    return { position, time, subject, commit: decodeCommit(bytes, position, subject) };
  };
  const head = (): Position => `1:${kept.length}`;

  const store = (subject: string, commit: Commit, expected: Position | null): AppendOutcome => {
    const bytes = encodeCommit(commit);
    const wanted = expected === null ? 0 : parsePosition(expected).sequence;
    if ((lastOf.get(subject) ?? 0) !== wanted) return { kind: 'conflict' };
    kept.push({ subject, bytes, time: `${clock().getTime()}000000` });
    lastOf.set(subject, kept.length);
    for (const wake of [...waiting]) wake();
    const position = head();
    return { kind: 'stored', stored: { position, subject, commit: decodeCommit(bytes, position, subject) } };
  };

  const appended = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      waiting.add(wake);
      signal.addEventListener('abort', wake);
    });

  return {
    append: async (subject, commit, expected) => store(subject, commit, expected),
    last: async (subject) => storedAt(lastOf.get(subject) ?? 0),
    read: async (position) => {
      const { volume, sequence } = parsePosition(position);
      return volume === 1 ? storedAt(sequence) : null;
    },
    head: async () => head(),
    async *follow(after, { signal, filter = 'log.>' }) {
      let { sequence } = parsePosition(after);
      while (!signal.aborted) {
        const next = storedAt(sequence + 1);
        if (next === null) {
          await appended(signal);
          continue;
        }
        sequence += 1;
        if (matches(filter, next.subject)) yield next;
      }
    },
    async *range(after, to) {
      const end = comparePositions(to, head()) < 0 ? to : head();
      for (let sequence = parsePosition(after).sequence + 1; sequence <= parsePosition(end).sequence; sequence += 1) {
        const next = storedAt(sequence);
        if (next !== null) yield next;
      }
    },
  };
}
