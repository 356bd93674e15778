import {
  type AggregateName,
  comparePositions,
  type DomainEvent,
  type Position,
  type StoredCommit,
} from '@freehold/kernel';
import { OnceRead, type RawCommit, upTo } from '@freehold/log';
import type { Projection, ResourceProjection, SourceEvent, ViewRow, ViewState } from './projection.js';
import { ProjectionFailed } from './projection.errors.js';

/** An event with the key of its row. */
export interface KeyedEvent {
  key: string;
  event: SourceEvent;
}

/** Events of one projection, by its place among those that a pass over the log feeds. */
export type FannedOut = readonly { readonly index: number; readonly events: readonly KeyedEvent[] }[];

const NOWHERE: FannedOut = [];

/**
 * One pass over the log for several projections: a commit's subject is parsed once, and a commit that concerns none of them
 * costs a look-up; one that comes unread is not even read then.
 *
 * @returns the events of a commit for each projection that has a row for one. Throws ProjectionFailed, UnreadableCommit.
 */
export function fanOut(projections: readonly Projection<ViewRow>[]): (given: StoredCommit | RawCommit) => FannedOut {
  const concerned = new Map<string, readonly number[]>();
  const indexesFor = (commit: OnceRead): readonly number[] => {
    const [first] = projections;
    if (first === undefined) return [];
    const subject = failingAt(first, commit.position, () => commit.name());
    const found = [...projections.keys()].filter((index) => concerns(projections[index], subject));
    concerned.set(commit.kind, found);
    return found;
  };
  return (given) => {
    const commit = OnceRead.of(given);
    const indexes = concerned.get(commit.kind) ?? indexesFor(commit);
    if (indexes.length === 0) return NOWHERE;
    const stored = commit.stored();
    const fanned: { index: number; events: KeyedEvent[] }[] = [];
    for (const index of indexes) {
      const projection = projections[index];
      if (projection === undefined) continue;
      const subject = failingAt(projection, stored.position, () => commit.name());
      const events = keyedEvents(projection, stored, subject);
      if (events.length > 0) fanned.push({ index, events });
    }
    return fanned;
  };
}

/** The commit's events that have a row in this projection. Throws ProjectionFailed. */
function keyedEvents(projection: Projection<ViewRow>, stored: StoredCommit, subject: AggregateName): KeyedEvent[] {
  return failingAt(projection, stored.position, () => {
    const keyed: KeyedEvent[] = [];
    for (const [index, read] of projection.read(stored).entries()) {
      const event = sourceEvent(read, index, { stored, subject });
      const key = projection.key(event);
      if (key !== null) keyed.push({ key, event });
    }
    return keyed;
  });
}

/** One literal: whoever replays makes one of each event of the log. */
function sourceEvent(
  { type, data }: DomainEvent,
  index: number,
  { stored, subject }: { stored: StoredCommit; subject: AggregateName },
): SourceEvent {
  const { commit, position, time } = stored;
  const { at, version, previous, cause, actor } = commit;
  const commandId = commit.command.id;
  return { type, data, position, index, time, at, subject, version, previous, cause, commandId, actor };
}

/** Folds events into `rows`, in their order; null stands for a row that is gone. Throws ProjectionFailed. */
export function foldInto<Row extends ViewRow>(
  projection: Projection<Row>,
  rows: Map<string, ViewState<Row> | null>,
  events: Iterable<KeyedEvent>,
): void {
  for (const { key, event } of events) {
    const { position, version, subject } = event;
    const before = rows.get(key) ?? null;
    const row = failingAt(projection, position, () => projection.evolve(before?.row ?? null, event));
    if (row !== null && row.id !== key) {
      const cause = new Error(`the row has the id "${row.id}", its key is "${key}"`);
      throw new ProjectionFailed(projection.name, position, { cause });
    }
    rows.set(key, row === null ? null : { row, operator: before?.operator ?? subject.operator, position, version });
  }
}

/**
 * One resource as its own commits up to and including `to` make it: what `?at=` answers.
 *
 * @param commits the aggregate's, in order.
 */
export function foldOne<Row extends ViewRow, Event extends DomainEvent>(
  projection: ResourceProjection<Row, Event>,
  commits: Iterable<StoredCommit>,
  to: Position,
): ViewState<Row> | null {
  const rows = new Map<string, ViewState<Row> | null>();
  const eventsFor = fanOut([projection]);
  for (const stored of commits) {
    if (comparePositions(stored.position, to) > 0) break;
    for (const { events } of eventsFor(stored)) foldInto<Row>(projection, rows, events);
  }
  if (rows.size > 1) throw new RangeError(`foldOne was given commits of ${rows.size} aggregates; it folds one`);
  return [...rows.values()][0] ?? null;
}

/** Rows by key, by the name of the projection. */
export type ReplayedRows = Map<string, Map<string, ViewState<ViewRow>>>;

/**
 * Replay: all rows of these projections as the log up to and including `to` makes them.
 *
 * @param commits one by one, or in batches (`Log.rangeBatches`), which is faster: what none of the projections wants is not read.
 */
export async function replayAll(
  projections: readonly Projection<ViewRow>[],
  commits: AsyncIterable<StoredCommit> | AsyncIterable<readonly RawCommit[]>,
  to: Position,
): Promise<ReplayedRows> {
  const folded = projections.map(() => new Map<string, ViewState<ViewRow> | null>());
  const eventsFor = fanOut(projections);
  const fold = (commit: StoredCommit | RawCommit): void => {
    for (const { index, events } of eventsFor(commit)) {
      const [projection, rows] = [projections[index], folded[index]];
      if (projection !== undefined && rows !== undefined) foldInto(projection, rows, events);
    }
  };
  for await (const given of commits) {
    const batch = 'position' in given ? [given] : given;
    const wanted = upTo<StoredCommit | RawCommit>(batch, to);
    for (const commit of wanted) fold(commit);
    if (wanted.length < batch.length) break;
  }
  return new Map(projections.map(({ name }, index) => [name, present(folded[index] ?? new Map())]));
}

function present(rows: Map<string, ViewState<ViewRow> | null>): Map<string, ViewState<ViewRow>> {
  const found = new Map<string, ViewState<ViewRow>>();
  for (const [key, state] of rows) {
    if (state !== null) found.set(key, state);
  }
  return found;
}

function concerns(projection: Projection<ViewRow> | undefined, subject: AggregateName): boolean {
  if (projection === undefined) return false;
  const { source } = projection;
  return (
    (source.context === '*' || source.context === subject.context) &&
    (source.aggregate === '*' || source.aggregate === subject.aggregate)
  );
}

function failingAt<Result>(projection: Projection<ViewRow>, position: Position, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    throw new ProjectionFailed(projection.name, position, { cause });
  }
}
