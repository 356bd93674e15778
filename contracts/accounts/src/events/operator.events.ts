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

export const operatorEvents = [operatorRegistered, operatorSuspended, operatorResumed] as const;
export type OperatorEvent = EventsOf<typeof operatorEvents>;
export const operatorCatalogue = eventCatalogue({ context: 'accounts', aggregate: 'operator', events: operatorEvents });
