import { Enciphered, event, eventCatalogue, type EventsOf } from '@freehold/kernel';
import { z } from 'zod';

/** A customer was taken on; `key` is the vault's key under which the personal data of this operator are enciphered. */
export const operatorRegistered = event(
  'accounts.operator-registered.v1',
  z.object({ key: z.string(), name: Enciphered, contact: Enciphered }),
);
/** Nothing new may be ordered until it is resumed; what runs goes on. */
export const operatorSuspended = event('accounts.operator-suspended.v1', z.object({}));
export const operatorResumed = event('accounts.operator-resumed.v1', z.object({}));
/** It holds no place and gets none any more; its keys open nothing. Its data stay. */
export const operatorClosed = event('accounts.operator-closed.v1', z.object({}));
/** There is no way back: these keys of the vault are being erased, and everything enciphered under them with them. */
export const operatorErasureBegun = event(
  'accounts.operator-erasure-begun.v1',
  z.object({ keys: z.array(z.string()) }),
);
/** The keys are gone, on disk too: what was personal shows as `erased` from now on. */
export const operatorErased = event('accounts.operator-erased.v1', z.object({}));

export const operatorEvents = [
  operatorRegistered,
  operatorSuspended,
  operatorResumed,
  operatorClosed,
  operatorErasureBegun,
  operatorErased,
] as const;
export type OperatorEvent = EventsOf<typeof operatorEvents>;
export const operatorCatalogue = eventCatalogue({ context: 'accounts', aggregate: 'operator', events: operatorEvents });
