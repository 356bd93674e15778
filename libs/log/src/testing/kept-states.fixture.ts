import type { AggregateState } from '../aggregate-definition.js';
import type { FoldedStates, StateKey } from '../folded-states.js';
import { decodeState, encodeState } from '../state-encoding.js';

/**
 * What may be wrong with a state that is kept beside the log. `missing`: there is none. `old`: the first one that was kept.
 * `ahead`: of a log that had more. `foreign`, `foreign-old`: of another log, as many commits long or shorter. `none`: all is
 * well.
 */
export type KeptFault = 'none' | 'missing' | 'old' | 'ahead' | 'foreign' | 'foreign-old';

/** Folded states in memory, as JSON, that are wrong as told. */
export class KeptStates implements FoldedStates {
  fault: KeptFault = 'none';
  /** How often a state was found. */
  found = 0;
  readonly #kept = new Map<string, string[]>();

  async find(key: StateKey): Promise<AggregateState<unknown> | null> {
    const all = this.#kept.get(idOf(key)) ?? [];
    const text = this.fault === 'old' || this.fault === 'foreign-old' ? all[0] : all.at(-1);
    if (text === undefined || this.fault === 'missing') return null;
    this.found += 1;
    const { state, commandIds, ...rest } = JSON.parse(text);
    const folded: AggregateState<unknown> = { ...rest, state: decodeState(state), commandIds: new Map(commandIds) };
    if (this.fault === 'ahead') return ofAnotherLog(folded, folded.version + 1);
    return this.fault.startsWith('foreign') ? ofAnotherLog(folded, folded.version) : folded;
  }

  keep(key: StateKey, { commandIds, state, ...rest }: AggregateState<unknown>): void {
    const text = JSON.stringify({ ...rest, state: encodeState(state), commandIds: [...commandIds] });
    this.#kept.set(idOf(key), [...(this.#kept.get(idOf(key)) ?? []), text]);
  }
}

/** With a state that nobody would decide the same on, and with its commands where other aggregates have theirs. */
function ofAnotherLog({ commandIds }: AggregateState<unknown>, version: number): AggregateState<unknown> {
  const elsewhere = '1:1';
  return {
    state: 999,
    version,
    position: elsewhere,
    commandIds: new Map([...commandIds.keys()].map((id) => [id, elsewhere])),
  };
}

const idOf = ({ subject, stateVersion }: StateKey): string => `${subject} ${stateVersion}`;
