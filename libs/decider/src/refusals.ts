import type { DomainEvent } from '@freehold/kernel';
import type { Decider } from './decider.js';

interface Exploration<State, Command> {
  commands: readonly Command[];
  /** States in which nobody asks: their refusals are passed over. */
  except?: (state: State) => boolean;
}

/** More than any aggregate reaches by the commands of a spec; a set without end is a mistake there. */
const MOST_STATES = 20_000;

/**
 * With which codes each command is refused, in all states that these commands lead to, in whatever order. It is what an
 * operation's declaration is held against; it knows no more than the commands that it is given.
 *
 * @example
 * refusalsOf(departure, { commands: [grant, bind, abandon] }).get('bind') // Set { 'grant-of-another' }
 */
export function refusalsOf<State, Command extends { type: string }, Event extends DomainEvent>(
  { initialState, evolve, decide }: Decider<State, Command, Event>,
  { commands, except = () => false }: Exploration<State, Command>,
): ReadonlyMap<Command['type'], ReadonlySet<string>> {
  const found = new Map<Command['type'], Set<string>>(commands.map(({ type }) => [type, new Set()]));
  const states = new Map([[keyOf(initialState()), initialState()]]);
  for (const [, state] of states) {
    if (states.size > MOST_STATES) throw new Error(`these commands lead to more than ${MOST_STATES} states`);
    for (const command of commands) {
      const decision = decide(command, state);
      const refusals = decision.kind === 'refused' && !except(state) ? decision.findings : [];
      for (const { code } of refusals) found.get(command.type)?.add(code);
      if (decision.kind === 'refused') continue;
      const after = decision.events.reduce(evolve, state);
      const key = keyOf(after);
      if (!states.has(key)) states.set(key, after);
    }
  }
  return found;
}

const keyOf = (state: unknown): string =>
  JSON.stringify(state, (_, value: unknown) => (value instanceof Set ? [...value] : value));
