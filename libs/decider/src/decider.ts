import type { DomainEvent, Finding } from '@freehold/kernel';

/**
 * The heart of every aggregate and process: three functions of their arguments, without clock, random or I/O.
 *
 *     command ─► decide(command, state) ─► accepted(events) ─► log ─► evolve(state, event) ─► state
 *                                     └──► refused(findings)
 *
 * A refusal is a value that lists all reasons at once; an exception is a bug or broken infrastructure.
 */
export interface Decider<State, Command, Event extends DomainEvent> {
  initialState(): State;
  /** Total over the events: a `switch` without `default`, so that a forgotten event does not compile. */
  evolve(state: State, event: Event): State;
  decide(command: Command, state: State): Decision<Event>;
}

/** Accepted without events means: what was asked holds already. */
export type Decision<Event extends DomainEvent> =
  { kind: 'accepted'; events: readonly Event[] } | { kind: 'refused'; findings: readonly Finding[] };

export const accepted = <Event extends DomainEvent>(...events: readonly Event[]): Decision<Event> => ({
  kind: 'accepted',
  events,
});

export const refused = (...findings: readonly Finding[]): Decision<never> => ({ kind: 'refused', findings });

/** Refused when there is any finding, otherwise accepted with the events. */
export const acceptedUnless = <Event extends DomainEvent>(
  findings: readonly Finding[],
  ...events: readonly Event[]
): Decision<Event> => (findings.length > 0 ? refused(...findings) : accepted(...events));

export const fold = <State, Event extends DomainEvent>(
  decider: Pick<Decider<State, never, Event>, 'initialState' | 'evolve'>,
  events: Iterable<Event>,
): State => {
  let state = decider.initialState();
  for (const event of events) {
    state = decider.evolve(state, event);
  }
  return state;
};
