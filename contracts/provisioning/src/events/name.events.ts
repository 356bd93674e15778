import { Enciphered, event, eventCatalogue, type EventsOf, Id } from '@freehold/kernel';
import { z } from 'zod';
import { ProviderAddress, WayToProvider } from '../providers.js';

/**
 * The first claim wins: the name belongs to this deployment of this operator. `via` is the provider under whose zone it
 * is; none or null: under our own.
 */
export const nameClaimed = event(
  'provisioning.name-claimed.v1',
  z.object({
    operator: Id,
    deployment: Id,
    purpose: z.string(),
    name: Enciphered,
    via: ProviderAddress.nullable().optional(),
  }),
);
/** The name leads to this environment. */
export const nameAttached = event('provisioning.name-attached.v1', z.object({ deployment: Id, environment: Id }));
/** Free for anybody; for a deployment that never had it this is the mark that refuses a late claim. */
export const nameGivenUp = event('provisioning.name-given-up.v1', z.object({ deployment: Id }));
/** The deployment left for another provider and its name leads there, for as long as nobody says otherwise: free of charge. */
export const nameDelegatedAway = event(
  'provisioning.name-delegated-away.v1',
  z.object({ deployment: Id, ...WayToProvider.shape }),
);
/** Who held the delegated name said where it leads from now on; `deployment` is the one that left. */
export const nameRedirected = event(
  'provisioning.name-redirected.v1',
  z.object({ deployment: Id, by: ProviderAddress, ...WayToProvider.shape }),
);
/** The lineage came back: the name is this deployment's, and leads to its environment if there is one. */
export const nameReclaimed = event(
  'provisioning.name-reclaimed.v1',
  z.object({ operator: Id, deployment: Id, environment: Id.nullable() }),
);
/** The delegation did not count; also the mark that refuses it when it comes late. */
export const nameDelegationUndone = event('provisioning.name-delegation-undone.v1', z.object({ deployment: Id }));

export const nameEvents = [
  nameClaimed,
  nameAttached,
  nameGivenUp,
  nameDelegatedAway,
  nameRedirected,
  nameReclaimed,
  nameDelegationUndone,
] as const;
export type NameEvent = EventsOf<typeof nameEvents>;
export const nameCatalogue = eventCatalogue({ context: 'provisioning', aggregate: 'name', events: nameEvents });
