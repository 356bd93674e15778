import type { Commit, Position, StoredCommit } from '@freehold/kernel';

/**
 * The port to the one log of a cell (design: docs/adr, log). Two adapters pass one conformance suite: JetStream and
 * in memory. Nothing here decides; optimistic concurrency is the only rule: `append` stores a commit only if the
 * subject's last commit is the expected one.
 *
 * On a crash: what was acknowledged is stored; what was not may be, and `append`'s callers find out by the command id.
 */
export interface Log {
  /**
   * Stores one commit if the last commit of `subject` stands at `expected` (null: there is none).
   *
   * @returns `stored`, or `conflict` when another commit came first.
   * @throws OutcomeUnknown when no answer came: the commit may be stored or not.
   */
  append(subject: string, commit: Commit, expected: Position | null): Promise<AppendOutcome>;

  /** The last commit of a subject. `confirmed`: asked of the stream's leader, never of a lagging replica. */
  last(subject: string, options?: { confirmed?: boolean }): Promise<StoredCommit | null>;

  /** The commit at a position, or null. */
  read(position: Position): Promise<StoredCommit | null>;

  /** The last position of the log; `1:0` when it is empty. */
  head(): Promise<Position>;

  /**
   * All commits after `after`, in order, without end, until `signal` aborts: an ordered, unacknowledged consumer that
   * goes on by itself after a lost connection. `filter` is a subject with wildcards; give one only to follow, never to load.
   */
  follow(after: Position, options: { signal: AbortSignal; filter?: string }): AsyncIterable<StoredCommit>;

  /** The commits after `after` up to and including `to`, then ends: replay. */
  range(after: Position, to: Position): AsyncIterable<StoredCommit>;
}

export type AppendOutcome = { kind: 'stored'; stored: StoredCommit } | { kind: 'conflict' };
