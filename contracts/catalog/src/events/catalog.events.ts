import { event, eventCatalogue, type EventsOf } from '@freehold/kernel';
import { z } from 'zod';

/** A release may be ordered from now on; its package lies in the object store PACKAGES under `digest` (SHA-256). */
export const releasePublished = event(
  'catalog.release-published.v1',
  z.object({ application: z.string(), title: z.string(), version: z.string(), date: z.string(), digest: z.string() }),
);
/** No new deployment of this release; what runs goes on. */
export const releaseWithdrawn = event(
  'catalog.release-withdrawn.v1',
  z.object({ version: z.string(), reason: z.string() }),
);
export const applicationEvents = [releasePublished, releaseWithdrawn] as const;
export type ApplicationEvent = EventsOf<typeof applicationEvents>;
export const applicationCatalogue = eventCatalogue({
  context: 'catalog',
  aggregate: 'application',
  events: applicationEvents,
});

export const PlanSize = z.enum(['small', 'medium', 'large']);
/** A size that the provider sells, under a name of its own. */
export const planDefined = event('catalog.plan-defined.v1', z.object({ name: z.string(), size: PlanSize }));
export const planEvents = [planDefined] as const;
export type PlanEvent = EventsOf<typeof planEvents>;
export const planCatalogue = eventCatalogue({ context: 'catalog', aggregate: 'plan', events: planEvents });

/** Price in minor units of an ISO 4217 currency, a month. */
export const Price = z.object({ currency: z.string().length(3), minorUnits: z.int().nonnegative() });
/** An application may be ordered with a plan from now on; `policy` says where it will be placed. */
export const offeringOpened = event(
  'catalog.offering-opened.v1',
  z.object({ application: z.string(), plan: z.string(), policy: z.string(), price: Price }),
);
export const offeringClosed = event('catalog.offering-closed.v1', z.object({}));
export const offeringEvents = [offeringOpened, offeringClosed] as const;
export type OfferingEvent = EventsOf<typeof offeringEvents>;
export const offeringCatalogue = eventCatalogue({ context: 'catalog', aggregate: 'offering', events: offeringEvents });

/** Where requests go. `this-host`: everything on one host. */
export const PolicyRule = z.object({ kind: z.literal('this-host'), host: z.string() });
export type PolicyRule = z.infer<typeof PolicyRule>;
export const policySet = event('catalog.policy-set.v1', z.object({ name: z.string(), rule: PolicyRule }));
export const policyEvents = [policySet] as const;
export type PolicyEvent = EventsOf<typeof policyEvents>;
export const policyCatalogue = eventCatalogue({ context: 'catalog', aggregate: 'policy', events: policyEvents });
