import {
  type AggregateName,
  comparePositions,
  type DomainEvent,
  type Position,
  type StoredCommit,
} from '@freehold/kernel';
import { parseSubject } from '@freehold/log';
import type { Projection, ResourceProjection, SourceEvent, ViewRow, ViewState } from './projection.js';
import { ProjectionFailed } from './projection.errors.js';

/** An event with the key of its row. */
export interface KeyedEvent {
  key: string;
  event: SourceEvent;
}

/** The commit's events that have a row in this projection. Throws ProjectionFailed. */
export function keyedEvents(projection: Projection<ViewRow>, stored: StoredCommit): KeyedEvent[] {
  return failingAt(projection, stored.position, () => {
    const subject = parseSubject(stored.subject);
    if (!concerns(projection, subject)) return [];
    const { commit, position, time } = stored;
    return projection.read(stored).flatMap((read: DomainEvent, index) => {
      const event: SourceEvent = {
        ...{ type: read.type, data: read.data, position, index, time, at: commit.at, subject },
        ...{ version: commit.version, commandId: commit.command.id, actor: commit.actor },
      };
      const key = projection.key(event);
      return key === null ? [] : [{ key, event }];
    });
  });
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
  for (const stored of commits) {
    if (comparePositions(stored.position, to) > 0) break;
    foldInto<Row>(projection, rows, keyedEvents(projection, stored));
  }
  if (rows.size > 1) throw new RangeError(`foldOne was given commits of ${rows.size} aggregates; it folds one`);
  return [...rows.values()][0] ?? null;
}

/** Rows by key, by the name of the projection. */
export type ReplayedRows = Map<string, Map<string, ViewState<ViewRow>>>;

/** Replay: all rows of these projections as the log up to and including `to` makes them. */
export async function replayAll(
  projections: readonly Projection<ViewRow>[],
  commits: AsyncIterable<StoredCommit>,
  to: Position,
): Promise<ReplayedRows> {
  const folded = projections.map((projection) => ({ projection, rows: new Map<string, ViewState<ViewRow> | null>() }));
  for await (const stored of commits) {
    if (comparePositions(stored.position, to) > 0) break;
    for (const { projection, rows } of folded) {
      foldInto(projection, rows, keyedEvents(projection, stored));
    }
  }
  return new Map(folded.map(({ projection, rows }) => [projection.name, present(rows)]));
}

function present(rows: Map<string, ViewState<ViewRow> | null>): Map<string, ViewState<ViewRow>> {
  const found = new Map<string, ViewState<ViewRow>>();
  for (const [key, state] of rows) {
    if (state !== null) found.set(key, state);
  }
  return found;
}

function concerns({ source }: Projection<ViewRow>, subject: AggregateName): boolean {
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
