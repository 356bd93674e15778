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
  version: 2,
  of: departureAggregate,
  evolve: (row, event) => {
    const state = evolve(row?.state ?? initialState(), event);
    return state.status === 'none' ? row : { id: event.subject.id, state };
  },
});

/** `deadline`: of a seal that stands; the keeper of deadlines looks for those that have passed. */
export const departureView = viewEntity(departureProjection, {
  columns: {
    sealed: { type: 'integer', value: ({ state }) => (state.status === 'sealed' ? 1 : 0) },
  },
});
