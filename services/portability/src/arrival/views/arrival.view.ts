import type { ArrivalEvent, arrivals } from '@freehold/portability-contract';
import type { ReplyOf } from '@freehold/kernel';
import { resourceProjection, viewEntity } from '@freehold/projection';
import { arrivalAggregate } from '../../aggregates.js';

type Recorded = ReplyOf<typeof arrivals.get>['recorded'];
export type ArrivalRow = Omit<Recorded, 'operator' | 'process' | 'source' | 'ifAbandoned'> & {
  source: { provider: string; kid: string };
};

export const arrivalProjection = resourceProjection<ArrivalRow, ArrivalEvent>({
  name: 'arrival',
  version: 1,
  of: arrivalAggregate,
  evolve: (row, event) => {
    switch (event.type) {
      case 'portability.arrival-accepted.v1': {
        const { source, departure, deployment, lineage, epoch, application, version } = event.data;
        const known = { source, departure, deployment, lineage, epoch, application, version };
        return { id: event.subject.id, ...known, status: 'under-way', comparison: null };
      }
      case 'portability.source-answered.v1':
      case 'portability.source-failed.v1':
        return row;
      case 'portability.arrival-verified.v1':
        return row && { ...row, status: 'verified', comparison: event.data.comparison };
      case 'portability.arrival-completed.v1':
        return row && { ...row, status: 'completed' };
      case 'portability.arrival-returned.v1':
        return row && { ...row, status: 'returned' };
      case 'portability.arrival-abandoned.v1':
        return row && { ...row, status: 'abandoned' };
    }
  },
});

/** `open`: what has not ended. */
export const arrivalView = viewEntity(arrivalProjection, {
  columns: { open: { type: 'integer', value: ({ status }) => (status === 'under-way' ? 1 : 0) } },
});
