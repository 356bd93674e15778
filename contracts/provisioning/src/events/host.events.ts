import { event, eventCatalogue, type EventsOf, Id } from '@freehold/kernel';
import { z } from 'zod';
import { Amounts } from '../amounts.js';
import { SaidCapabilities } from '../host-capabilities.js';

/**
 * A machine offers itself. `recipient` is the age public key to which what is secret is encrypted for it;
 * `address` and `port` are where its router listens; at `dnsPort` of the same address its name server, if it has one,
 * and at `transferPort` what a move's target fetches from. Without `programs` and `closing`: it has none, and cannot.
 */
export const hostJoined = event(
  'provisioning.host-joined.v1',
  z.object({
    name: z.string(),
    recipient: z.string(),
    address: z.string(),
    port: z.int(),
    dnsPort: z.int().nullable().optional(),
    transferPort: z.int().nullable().optional(),
    backends: z.array(z.string()),
    capacity: Amounts,
    ...SaidCapabilities.shape,
  }),
);
/** The machine, its router's address or its key changed. */
export const hostChanged = event(
  'provisioning.host-changed.v1',
  z.object({
    recipient: z.string(),
    address: z.string(),
    port: z.int(),
    dnsPort: z.int().nullable().optional(),
    transferPort: z.int().nullable().optional(),
    backends: z.array(z.string()),
    capacity: Amounts,
    ...SaidCapabilities.shape,
  }),
);
/** These amounts belong to this environment; the sum never exceeds the capacity. */
export const capacityReserved = event(
  'provisioning.capacity-reserved.v1',
  z.object({ environment: Id, amounts: Amounts }),
);
/** Nothing runs there any more, and its data stays for a while: what it keeps of its reservation. */
export const capacityLowered = event(
  'provisioning.capacity-lowered.v1',
  z.object({ environment: Id, amounts: Amounts }),
);
/** Free again; for an environment that had nothing this is the mark that refuses a late reservation. */
export const capacityFreed = event('provisioning.capacity-freed.v1', z.object({ environment: Id }));

export const hostEvents = [hostJoined, hostChanged, capacityReserved, capacityLowered, capacityFreed] as const;
export type HostEvent = EventsOf<typeof hostEvents>;
export const hostCatalogue = eventCatalogue({ context: 'provisioning', aggregate: 'host', events: hostEvents });
