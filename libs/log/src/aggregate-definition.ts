import type { Decider } from '@freehold/decider';
import { type DomainEvent, type EventCatalogue, type Position, RecordedEvent } from '@freehold/kernel';
import type { PlacedCommit } from './log.port.js';
import { CommitInvalid } from './log.errors.js';
import { eventsOf } from './read-events.js';

/** An aggregate: its decider, and how its events are read. */
export interface AggregateDefinition<State, Command, Event extends DomainEvent>
  extends Decider<State, Command, Event>, EventCatalogue<Event> {
  /**
   * Raised with every change of `evolve`, of `initialState` or of an upcaster that makes another state of the same
   * commits: folded states are kept under it (`encodeState`), and one of another version is folded again.
   */
  stateVersion: number;
}

/** The part of a definition that folds. */
export type ReadableAggregate<State, Event extends DomainEvent> = Omit<
  AggregateDefinition<State, never, Event>,
  'decide'
>;

/**
 * What a decision is recorded as: of a known type, matching its contract, and as JSON will have it.
 *
 * @throws CommitInvalid before anything is stored: nobody could read it later.
 */
export function recordedOf<Event extends DomainEvent>(
  definition: EventCatalogue<Event>,
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
