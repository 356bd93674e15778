import { event, eventCatalogue, type EventsOf, Id } from '@freehold/kernel';
import { z } from 'zod';

/** Only keeps two deployments of one cell apart; everything else about a tenure the Deployment decides. */
export const tenureClaimed = event('deployment.tenure-claimed.v1', z.object({ deployment: Id }));
/** Free; for a deployment that never had it this is the mark that refuses a late claim. */
export const tenureFreed = event('deployment.tenure-freed.v1', z.object({ deployment: Id }));

export const tenureEvents = [tenureClaimed, tenureFreed] as const;
export type TenureEvent = EventsOf<typeof tenureEvents>;
export const tenureCatalogue = eventCatalogue({ context: 'deployment', aggregate: 'tenure', events: tenureEvents });
