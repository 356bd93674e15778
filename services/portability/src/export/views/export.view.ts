import type { ExportEvent } from '@freehold/portability-contract';
import { resourceProjection, viewEntity } from '@freehold/projection';
import { exportAggregate } from '../../aggregates.js';
import { exportDecider, type Known } from '../domain/export.js';

export interface ExportRow {
  id: string;
  state: Known;
}

export const exportProjection = resourceProjection<ExportRow, ExportEvent>({
  name: 'export',
  version: 1,
  of: exportAggregate,
  evolve: (row, event) => {
    const state = exportDecider.evolve(row?.state ?? exportDecider.initialState(), event);
    return 'requested' in state ? { id: event.subject.id, state } : row;
  },
});

/** `kept`: a bag lies at the provider. */
export const exportView = viewEntity(exportProjection, {
  columns: { kept: { type: 'integer', value: ({ state }) => (state.status === 'ready' ? 1 : 0) } },
});
