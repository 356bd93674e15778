import type { Decider } from '@freehold/decider';
import { type ContextName, type DomainEvent, type EventContract, type Position, RecordedEvent } from '@freehold/kernel';
import type { z } from 'zod';
import { keepUnknown } from './commit-encoding.js';
import type { PlacedCommit } from './log.port.js';
import { CommitInvalid, UnknownEvent, UnreadableCommit } from './log.errors.js';

/** What reading an aggregate's events takes: where it lives, and the contracts of its events, current versions only. */
export interface EventSource<Event extends DomainEvent> {
  context: ContextName;
  /** Kebab-case noun, the aggregate's token in subjects. */
  aggregate: string;
  events: readonly EventContract<Event['type'], z.ZodType<object>>[];
  /** By old type: what the event is one version later. Applied again until the type is current. */
  upcast?: Readonly<Record<string, Upcaster>>;
}

/** An aggregate: its decider, and how its events are read. */
export interface AggregateDefinition<State, Command, Event extends DomainEvent>
  extends Decider<State, Command, Event>, EventSource<Event> {
  /**
   * Raised with every change of `evolve`, of `initialState` or of an upcaster that makes another state of the same
   * commits: folded states are kept under it (`encodeState`), and one of another version is folded again.
   */
  stateVersion: number;
}

export type Upcaster = (data: Readonly<Record<string, unknown>>) => { type: string; data: Record<string, unknown> };

/** The part of a definition that folds. */
export type ReadableAggregate<State, Event extends DomainEvent> = Omit<
  AggregateDefinition<State, never, Event>,
  'decide'
>;

/**
 * The events of a commit in their current version, checked by their contracts; unknown fields are kept.
 *
 * @throws UnknownEvent, UnreadableCommit: nothing is ever skipped.
 */
export function eventsOf<Event extends DomainEvent>(definition: EventSource<Event>, stored: PlacedCommit): Event[] {
  const { position, subject } = stored;
  return stored.commit.events.map((recorded) => {
    const current = upcast(definition.upcast ?? {}, recorded);
    const contract = definition.events.find((each) => each.type === current.type);
    if (contract === undefined) throw new UnknownEvent(current.type, position, subject);
    const checked = contract.data.safeParse(current.data);
    if (!checked.success) throw new UnreadableCommit(position, subject, { cause: checked.error });
    keepUnknown(current.data, checked.data);
    return { type: contract.type, data: checked.data } as Event;
  });
}

/**
 * What a decision is recorded as: of a known type, matching its contract, and as JSON will have it.
 *
 * @throws CommitInvalid before anything is stored: nobody could read it later.
 */
export function recordedOf<Event extends DomainEvent>(
  definition: EventSource<Event>,
  events: readonly Event[],
): RecordedEvent[] {
  return events.map(({ type, data }) => {
    const recorded = RecordedEvent.safeParse({ type, data: JSON.parse(JSON.stringify(data)) });
    if (!recorded.success) throw new CommitInvalid({ cause: recorded.error });
    const contract = definition.events.find((each) => each.type === type);
    if (contract === undefined)
      throw new CommitInvalid({ cause: new Error(`${type} is not among the events declared`) });
    const checked = contract.data.safeParse(recorded.data.data);
    if (!checked.success) throw new CommitInvalid({ cause: checked.error });
    return recorded.data;
  });
}

function upcast(
  upcasters: Readonly<Record<string, Upcaster>>,
  recorded: { type: string; data: Record<string, unknown> },
): { type: string; data: Record<string, unknown> } {
  let current = recorded;
  const seen = new Set<string>();
  for (
    let next = upcasters[current.type];
    next !== undefined && !seen.has(current.type);
    next = upcasters[current.type]
  ) {
    seen.add(current.type);
    current = next(current.data);
  }
  return current;
}

/** An aggregate as its commits made it. Without a commit: the initial state, version 0, position null. */
export interface AggregateState<State> {
  state: State;
  version: number;
  position: Position | null;
  /** Every command that has a commit here, with its position. */
  commandIds: ReadonlyMap<string, Position>;
}

export const blank = <State, Event extends DomainEvent>(
  definition: ReadableAggregate<State, Event>,
): AggregateState<State> => ({ state: definition.initialState(), version: 0, position: null, commandIds: new Map() });

/** The aggregate after these commits too, which follow its position in their order. */
export function foldCommits<State, Event extends DomainEvent>(
  definition: ReadableAggregate<State, Event>,
  known: AggregateState<State>,
  commits: readonly PlacedCommit[],
): AggregateState<State> {
  const commandIds = new Map(known.commandIds);
  let { state, version, position } = known;
  for (const stored of commits) {
    for (const event of eventsOf(definition, stored)) state = definition.evolve(state, event);
    ({ version } = stored.commit);
    ({ position } = stored);
    commandIds.set(stored.commit.command.id, stored.position);
  }
  return { state, version, position, commandIds };
}
