import { deepStrictEqual } from 'node:assert';
import type { DomainEvent } from '@freehold/kernel';
import { type Decider, type Decision, fold } from './decider.js';

/**
 * The given-when-then kit: what had happened, what is asked, what comes of it.
 *
 * @example
 * const spec = specificationOf(subscription);
 * spec.given(agreed(1), reserved(a)).when(reserve(b)).thenRefused('quota-used-up');
 */
export const specificationOf = <State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
) => ({
  given: (...history: readonly Event[]) => ({
    state: (): State => fold(decider, history),
    when: (command: Command) => expectations(decider.decide(command, fold(decider, history))),
  }),
});

const expectations = <Event extends DomainEvent>(decision: Decision<Event>) => ({
  decision,
  /** Exactly these events, compared with `node:assert`'s strict deep equality. */
  then: (...expected: readonly Event[]): void => deepStrictEqual(decision, { kind: 'accepted', events: expected }),
  /** Accepted, and these types in this order. */
  thenTypes: (...types: readonly Event['type'][]): void => {
    deepStrictEqual(decision.kind === 'accepted' ? decision.events.map((event) => event.type) : decision, types);
  },
  thenNothing: (): void => deepStrictEqual(decision, { kind: 'accepted', events: [] }),
  /** Refused with exactly these codes, in any order. */
  thenRefused: (...codes: readonly string[]): void =>
    deepStrictEqual(
      decision.kind === 'refused' ? decision.findings.map((finding) => finding.code).toSorted() : decision,
      codes.toSorted(),
    ),
});
