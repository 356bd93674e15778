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
   * `headers` travel with the message and are no part of the commit: `traceparent` (W3C Trace Context).
   *
   * @throws OutcomeUnknown when no answer came: the commit may be stored or not.
   * @throws CommitTooLarge, CommitInvalid before anything is sent; AppendRefused when the log answered that it cannot.
   */
  append(
    subject: string,
    commit: Commit,
    expected: Position | null,
    options?: { headers?: Readonly<Record<string, string>> },
  ): Promise<AppendOutcome>;

  /**
   * The last commit of a subject. `confirmed`: asked of the stream's leader, never of a lagging replica.
   *
   * @throws LogUnavailable when nobody answers (so do `read`, `count` and `head`), UnreadableCommit when it is no commit.
   */
  last(subject: string, options?: { confirmed?: boolean }): Promise<StoredCommit | null>;

  /** The commit at a position, or null. */
  read(position: Position): Promise<StoredCommit | null>;

  /** As `read`, of what the stream holds. */
  readRaw(position: Position): Promise<RawCommit | null>;

  /**
   * How many commits a subject has, as the stream's leader says, which reads none of them for it. `since`: only those in the
   * volume of this position and in later ones, which are the fewer to ask; null, the default: in all. While a promise is not kept the
   * newest are asked.
   */
  count(subject: string, since?: Since): Promise<number>;

  /** The last position of the log; `1:0` when it is empty. */
  head(): Promise<Position>;

  /**
   * All commits after `after`, in order, without end, until `signal` aborts: an ordered, unacknowledged consumer that
   * goes on by itself after a lost connection. `filter` is a subject with wildcards; give one only to follow, never to load.
   */
  follow(after: Position, options: { signal: AbortSignal; filter?: string }): AsyncIterable<StoredCommit>;

  /**
   * The commits after `after` up to and including `to`, or to the head if that comes first, then ends: replay. What `filter`,
   * as of `follow`, leaves out is not even parsed.
   *
   * @throws LogUnavailable when the log stays silent for ten seconds.
   */
  range(after: Position, to: Position, options?: { filter?: string }): AsyncIterable<StoredCommit>;

  /** As `follow`, of what the stream holds: nothing is parsed, so nothing is unreadable. */
  followRaw(after: Position, options: { signal: AbortSignal; filter?: string }): AsyncIterable<RawCommit>;

  /** As `range`, of what the stream holds. */
  rangeRaw(after: Position, to: Position): AsyncIterable<RawCommit>;

  /** As `rangeRaw`, what has come at once together, which costs less. No batch is empty. */
  rangeBatches(after: Position, to: Position): AsyncIterable<readonly RawCommit[]>;
}

export type Since = Position | null | Promise<Position | null>;

/** A commit as the stream holds it, unread: what evidence is made of (docs/protocol/evidence-v1.md). */
export interface RawCommit {
  position: Position;
  /** The stream's, in nanoseconds since 1970: a decimal string. */
  time: string;
  subject: string;
  /** May be a view of a bigger buffer: copy what is kept. */
  body: Uint8Array;
}

/** A commit in its place. The stream's time is not known yet: an acknowledgement does not carry it. */
export type PlacedCommit = Omit<StoredCommit, 'time'>;

export type AppendOutcome = { kind: 'stored'; stored: PlacedCommit } | { kind: 'conflict' };
