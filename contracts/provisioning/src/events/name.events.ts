import { Enciphered, event, type EventsOf, Id } from '@freehold/kernel';
import { z } from 'zod';

/** Under the provider's zone the first claim wins: the name belongs to this deployment of this operator. */
export const nameClaimed = event(
  'provisioning.name-claimed.v1',
  z.object({ operator: Id, deployment: Id, purpose: z.string(), name: Enciphered }),
);
/** The name leads to this environment. */
export const nameAttached = event('provisioning.name-attached.v1', z.object({ deployment: Id, environment: Id }));
/** Free for anybody; for a deployment that never had it this is the mark that refuses a late claim. */
export const nameGivenUp = event('provisioning.name-given-up.v1', z.object({ deployment: Id }));

export const nameEvents = [nameClaimed, nameAttached, nameGivenUp] as const;
export type NameEvent = EventsOf<typeof nameEvents>;
