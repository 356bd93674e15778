import { event, eventCatalogue, type EventsOf, Finding, Id, Instant } from '@freehold/kernel';
import { z } from 'zod';
import { KeyId, ProviderOrigin } from '../provider.js';
import { signed } from '../statements.js';

const Peer = z.object({ provider: ProviderOrigin, kid: KeyId });

/** The operator may take this deployment away until `expires`. `to` null: to whoever brings the grant and is confirmed. */
export const departureGranted = event(
  'portability.departure-granted.v1',
  z.object({ deployment: Id, lineage: Id, to: Peer.nullable(), expires: Instant }),
);
/** The first provider that brought the grant; it is nobody else's from now on. `nonce` makes its further requests fresh. */
export const departureBound = event(
  'portability.departure-bound.v1',
  z.object({ by: Peer, recipient: z.string(), nonce: z.string() }),
);
/** The operator has compared the fingerprint of who came. */
export const departureConfirmed = event('portability.departure-confirmed.v1', z.object({}));
/**
 * The target has copied what can be copied live; the application stops now. It reopens by itself after the deadline if it
 * was not captured until then; missing: there is none.
 */
export const sealAsked = event('portability.seal-asked.v1', z.object({ at: Instant, deadline: Instant.optional() }));
/** The whole of it lies ready, signed; it reopens by itself after the deadline. */
export const sealPublished = event('portability.seal-published.v1', z.object({ seal: signed('seal') }));
/** The capture at the source, or the target, is getting on. */
export const deadlineExtended = event('portability.deadline-extended.v1', z.object({ deadline: Instant }));
/** The target has restored and compared everything, and will serve it at this address. */
export const tenureAsked = event(
  'portability.tenure-asked.v1',
  z.object({ address: z.string(), port: z.int().positive() }),
);
/** It comes to nothing; who holds a seal breaks it. */
export const departureAbandoned = event(
  'portability.departure-abandoned.v1',
  z.object({ by: z.enum(['operator', 'target', 'deadline', 'process']), findings: z.array(Finding) }),
);
/** It runs here again; `reopened` is null when it was never sealed. */
export const departureReopened = event(
  'portability.departure-reopened.v1',
  z.object({ reopened: signed('reopened').nullable() }),
);
/** The tenure is the target's: appended after the deployment's own `left`, which this names. */
export const handedOver = event('portability.handed-over.v1', z.object({ handover: signed('handover') }));
/** It is live at the target. */
export const targetOpened = event('portability.target-opened.v1', z.object({}));
/** The homes of its names lead them to the target now, or (false) one had taken its name back already. */
export const homeAnswered = event('portability.home-answered.v1', z.object({ job: Id, redirected: z.boolean() }));
/** The target never opened and gave the tenure back. */
export const departureReturned = event('portability.departure-returned.v1', z.object({ return: signed('return') }));
/** Nothing of it is left here but its history. */
export const departureErased = event(
  'portability.departure-erased.v1',
  z.object({ at: Instant, lineage: Id, epoch: z.int(), to: ProviderOrigin }),
);

export const departureEvents = [
  departureGranted,
  departureBound,
  departureConfirmed,
  sealAsked,
  sealPublished,
  deadlineExtended,
  tenureAsked,
  departureAbandoned,
  departureReopened,
  handedOver,
  targetOpened,
  homeAnswered,
  departureReturned,
  departureErased,
] as const;
export type DepartureEvent = EventsOf<typeof departureEvents>;
export const departureCatalogue = eventCatalogue({
  context: 'portability',
  aggregate: 'departure',
  events: departureEvents,
});
