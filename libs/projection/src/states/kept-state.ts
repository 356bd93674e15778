import { Position } from '@freehold/kernel';
import { type AggregateState, decodeState, encodeState, type StateKey } from '@freehold/log';

export interface KeptState {
  key: StateKey;
  folded: AggregateState<unknown>;
}

/** A row of `aggregate_state`. `document`: JSON of state and command ids; only enciphered fields hold personal data. */
export interface StateRow {
  version: number;
  position: Position;
  document: string;
}

type Json = Parameters<typeof decodeState>[0];

/** Null for a state without a commit, or one that is no data: it is folded from the log each time. */
export function rowOf({ version, position, state, commandIds }: AggregateState<unknown>): StateRow | null {
  if (position === null) return null;
  try {
    return { version, position, document: JSON.stringify({ state: encodeState(state), commandIds: [...commandIds] }) };
  } catch (cause) {
    if (cause instanceof TypeError) return null;
    throw cause;
  }
}

/** Null for what `rowOf` did not make. */
export function stateIn({ version, position, document }: StateRow): AggregateState<unknown> | null {
  try {
    const found: unknown = JSON.parse(document);
    if (!isDocument(found)) return null;
    return { state: decodeState(found.state), version, position, commandIds: new Map(found.commandIds) };
  } catch {
    return null;
  }
}

function isDocument(found: unknown): found is { state: Json; commandIds: [string, Position][] } {
  if (typeof found !== 'object' || found === null || !('state' in found) || !('commandIds' in found)) return false;
  return Array.isArray(found.commandIds) && found.commandIds.every((entry) => isCommandId(entry));
}

const isCommandId = (entry: unknown): boolean =>
  Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string' && /^\d+:\d+$/.test(String(entry[1]));
