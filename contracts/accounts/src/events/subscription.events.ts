import { event, eventCatalogue, type EventsOf, Id } from '@freehold/kernel';
import { z } from 'zod';

/** What an operator has agreed to: a plan, and how many deployments it may have at once. */
export const subscriptionAgreed = event(
  'accounts.subscription-agreed.v1',
  z.object({ plan: z.string(), places: z.int().nonnegative() }),
);
export const subscriptionChanged = event(
  'accounts.subscription-changed.v1',
  z.object({ plan: z.string(), places: z.int().nonnegative() }),
);
/** One place of the quota belongs to this deployment; at most `places` at a time. */
export const placeReserved = event('accounts.place-reserved.v1', z.object({ deployment: Id }));
/** The place is free; for a deployment that never had one this is the mark that refuses a late reservation. */
export const placeFreed = event('accounts.place-freed.v1', z.object({ deployment: Id }));
/** No place is taken, and none can be until something is agreed again. */
export const subscriptionEnded = event('accounts.subscription-ended.v1', z.object({}));

export const subscriptionEvents = [
  subscriptionAgreed,
  subscriptionChanged,
  placeReserved,
  placeFreed,
  subscriptionEnded,
] as const;
export type SubscriptionEvent = EventsOf<typeof subscriptionEvents>;
export const subscriptionCatalogue = eventCatalogue({
  context: 'accounts',
  aggregate: 'subscription',
  events: subscriptionEvents,
});
