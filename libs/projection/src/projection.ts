/**
 * Read models as pure folds of the log.
 *
 *     log ─► read ─► key(event) ─► evolve(row | null, event) ─► row | null
 *                                     ├── projectionRunner: rows and bookmark in PostgreSQL, one transaction a batch
 *                                     └── replayAll, foldOne: the same functions in memory, up to a position
 *
 * Invariants: rows depend on nothing but the commits, in the order of their positions; rows and bookmark change
 * together or not at all; what cannot be read stops the runner with a reason and is never skipped. After a crash the
 * runner reads its bookmark and goes on there. PostgreSQL may be emptied at any time: everything here is built again.
 */
import type {
  Actor,
  AggregateName,
  ContextName,
  DomainEvent,
  EventCatalogue,
  Instant,
  Position,
  StoredCommit,
} from '@freehold/kernel';
import { eventsOf, parseSubject, UnreadableCommit } from '@freehold/log';

/** A row: a JSON value whose `id` is its key. */
export interface ViewRow {
  id: string;
}

/** An event with its place. `time` is the stream's in ns as a decimal string, `at` the command's; `version` the aggregate's. */
export type SourceEvent<Event extends DomainEvent = DomainEvent> = Event & {
  position: Position;
  /** Within its commit, from 0. The event's id is `<position>/<index>`. */
  index: number;
  time: string;
  at: Instant;
  subject: AggregateName;
  version: number;
  /** Of its commit: the aggregate's commit before it; null of the first. */
  previous: Position | null;
  /** The id of the event that caused it. */
  cause: string | null;
  commandId: string;
  actor: Actor;
};

/** Where a projection's events come from. `*`: every context, every aggregate of it. */
export interface Source {
  context: ContextName | '*';
  aggregate: string;
}

export interface Projection<Row extends ViewRow, Event extends DomainEvent = DomainEvent> {
  /** Kebab-case noun, unique within its runner. */
  name: string;
  /** To be raised when `key` or `evolve` changes: the rows are then built again at the next start. */
  version: number;
  source: Source;
  /** The commit's events, current versions. Throws UnknownEvent or UnreadableCommit. `readWith` makes one. */
  read(stored: StoredCommit): readonly Event[];
  /** The row that the event belongs to; null: none. Pure. */
  key(event: SourceEvent<Event>): string | null;
  /** The row after the event; null: there is none any more. Pure, and the row given is never changed in place. */
  evolve(row: Row | null, event: SourceEvent<Event>): Row | null;
}

/** A projection whose rows are each a fold of one aggregate alone, so that `?at=` needs only that aggregate's commits. */
export interface ResourceProjection<Row extends ViewRow, Event extends DomainEvent = DomainEvent> extends Projection<
  Row,
  Event
> {
  readonly ofOneAggregate: true;
}

/** A row with what the platform knows of it: whose it is, the last commit that touched it, and that commit's version (the ETag). */
export interface ViewState<Row extends ViewRow> {
  row: Row;
  operator: string;
  position: Position;
  version: number;
}

/**
 * The view of a resource: the row's key is the aggregate's id.
 *
 * @example resourceProjection({ name: 'operator', version: 1, of: operatorAggregate, evolve: operatorView })
 */
export function resourceProjection<Row extends ViewRow, Event extends DomainEvent>(options: {
  name: string;
  version: number;
  of: EventCatalogue<Event>;
  evolve(row: Row | null, event: SourceEvent<Event>): Row | null;
}): ResourceProjection<Row, Event> {
  const { name, version, of } = options;
  return {
    name,
    version,
    source: { context: of.context, aggregate: of.aggregate },
    read: (stored) => eventsOf(of, stored),
    key: (event) => event.subject.id,
    evolve: (row, event) => options.evolve(row, event),
    ofOneAggregate: true,
  };
}

/** `read` of a projection over several aggregates. One that is none of them cannot be read. */
export function readWith<Event extends DomainEvent>(
  ...definitions: readonly EventCatalogue<Event>[]
): (stored: StoredCommit) => readonly Event[] {
  return (stored) => {
    const { context, aggregate } = parseSubject(stored.subject);
    const definition = definitions.find((each) => each.context === context && each.aggregate === aggregate);
    if (definition === undefined) {
      const cause = new Error(`no definition of the aggregate "${aggregate}" of ${context} was given to readWith`);
      throw new UnreadableCommit(stored.position, stored.subject, { cause });
    }
    return eventsOf(definition, stored);
  };
}
