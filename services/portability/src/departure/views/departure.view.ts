import type { DepartureEvent } from '@freehold/portability-contract';
import { resourceProjection, viewEntity } from '@freehold/projection';
import { departureAggregate } from '../../aggregates.js';
import { evolve, initialState, type Known } from '../domain/departure.js';

export interface DepartureRow {
  id: string;
  state: Known;
}

export const departureProjection = resourceProjection<DepartureRow, DepartureEvent>({
  name: 'departure',
  version: 3,
  of: departureAggregate,
  evolve: (row, event) => {
    const state = evolve(row?.state ?? initialState(), event);
    return state.status === 'none' ? row : { id: event.subject.id, state };
  },
});

/** `watched`: what the keeper of deadlines looks at; null: nothing can go wrong by waiting. */
export const departureView = viewEntity(departureProjection, {
  columns: { watched: { type: 'integer', value: ({ state }) => WATCHED[state.status] ?? null } },
});

export const SEALED = 1;
/** A process has to be under way; a crash may have come before it. */
export const NEEDS_PROCESS = 2;
const WATCHED: Readonly<Record<string, number>> = {
  sealed: SEALED,
  sealing: NEEDS_PROCESS,
  reopening: NEEDS_PROCESS,
};
