import type { SubscriptionRecorded } from '@freehold/accounts-contract';
import type { Resource } from '@freehold/platform';
import { resourceProjection, viewEntity } from '@freehold/projection';
import type { z } from 'zod';
import { subscriptionAggregate } from '../../aggregates.js';

interface SubscriptionRow {
  id: string;
  plan: string;
  places: number;
  taken: string[];
}

const projection = resourceProjection<SubscriptionRow, Parameters<typeof subscriptionAggregate.evolve>[1]>({
  name: 'subscription',
  version: 1,
  of: subscriptionAggregate,
  evolve: (row, event) => {
    switch (event.type) {
      case 'accounts.subscription-agreed.v1':
      case 'accounts.subscription-changed.v1':
        return { id: event.subject.id, taken: row?.taken ?? [], ...event.data };
      case 'accounts.place-reserved.v1':
        return row && { ...row, taken: [...row.taken, event.data.deployment] };
      case 'accounts.place-freed.v1':
        return row && { ...row, taken: row.taken.filter((deployment) => deployment !== event.data.deployment) };
      case 'accounts.subscription-ended.v1':
        return null;
    }
  },
});

export const subscriptionView = viewEntity(projection);

export const subscriptionResource: Resource<SubscriptionRow, z.infer<typeof SubscriptionRecorded>, null> = {
  view: subscriptionView,
  projection,
  recorded: ({ id, plan, places, taken }, operator) => ({ id, operator, plan, places, taken }),
};
