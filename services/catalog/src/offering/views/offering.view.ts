import type { offerings } from '@freehold/catalog-contract';
import type { ReplyOf } from '@freehold/kernel';
import type { Resource } from '@freehold/platform';
import { resourceProjection, viewEntity } from '@freehold/projection';
import { offeringAggregate } from '../../aggregates.js';

type Recorded = ReplyOf<typeof offerings.get>['recorded'];

const projection = resourceProjection<Recorded, Parameters<typeof offeringAggregate.evolve>[1]>({
  name: 'offering',
  version: 1,
  of: offeringAggregate,
  evolve: (row, event) => {
    switch (event.type) {
      case 'catalog.offering-opened.v1':
        return { id: event.subject.id, ...event.data, status: 'open' };
      case 'catalog.offering-closed.v1':
        return row && { ...row, status: 'closed' };
    }
  },
});

export const offeringView = viewEntity(projection);

export const offeringResource: Resource<Recorded, Recorded, null> = {
  view: offeringView,
  projection,
  recorded: (row) => row,
};
