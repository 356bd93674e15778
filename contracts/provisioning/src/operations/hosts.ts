import { Changed, Id, operation, OperatorParams, resource } from '@freehold/kernel';
import { z } from 'zod';
import { Amounts } from '../amounts.js';
import { HostCapabilities, SaidCapabilities } from '../host-capabilities.js';

/** A host's name in subjects, keys and paths. */
export const HostName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens');
/** A placement rule as the catalogue's policy gives it. */
const PolicyRule = z.object({ kind: z.literal('this-host'), host: HostName });

const HostParams = z.object({ host: HostName });

export const hosts = resource({
  context: 'provisioning',
  name: 'host',
  title: 'a host',
  collection: { path: '/v1/hosts', params: z.object({}), scope: 'cell', permission: 'host:read' },
  item: { path: '/v1/hosts/{host}', params: HostParams, scope: 'cell', permission: 'host:read' },
  history: 'cell:history',
  recorded: z.object({
    id: z.string(),
    name: z.string(),
    address: z.string(),
    port: z.number(),
    /** Of its name server, at the same address; null: it has none. */
    dnsPort: z.number().nullable(),
    /** Where the target of a move fetches from, at the same address; null: nothing moves from here. */
    transferPort: z.number().nullable(),
    backends: z.array(z.string()),
    capacity: Amounts,
    ...HostCapabilities.shape,
    reserved: Amounts,
    environments: z.array(Id),
  }),
  observed: z.null(),
});

/** A host says what it is: when its agent starts. */
export const joinHost = operation({
  id: 'provisioning.join-host',
  kind: 'command',
  summary: 'A host says what it is and what it has.',
  permission: 'host:join',
  scope: 'host',
  params: HostParams,
  body: z.strictObject({
    recipient: z.string().startsWith('age1'),
    address: z.string(),
    port: z.int(),
    dnsPort: z.int().nullable().optional(),
    transferPort: z.int().nullable().optional(),
    backends: z.array(z.string()).max(10),
    capacity: Amounts,
    ...SaidCapabilities.shape,
  }),
  reply: Changed,
  refusals: [],
  since: '0.1.0',
});

/** Step of an order: policy (available, requested) → plan, then the host's capacity is reserved. */
export const reserveCapacity = operation({
  id: 'provisioning.reserve-capacity',
  kind: 'command',
  summary: 'Finds a place by the policy and reserves what is needed there.',
  permission: 'process:act',
  scope: 'operator',
  params: OperatorParams,
  body: z.strictObject({
    environment: Id,
    rule: PolicyRule,
    amounts: Amounts,
  }),
  reply: z.object({ host: HostName }),
  checkable: true,
  refusals: ['host-unknown', 'memory-too-small', 'disk-too-small', 'processor-too-small', 'capacity-already-freed'],
  since: '0.1.0',
});

/** Of what stopped for good, before its data is erased: reserving anew is needed before it could run again. */
export const lowerCapacity = operation({
  id: 'provisioning.lower-capacity',
  kind: 'command',
  summary: 'Gives memory and processor of an environment back; its disk stays reserved.',
  permission: 'process:act',
  scope: 'operator',
  params: OperatorParams,
  body: z.strictObject({ environment: Id, rule: PolicyRule }),
  reply: z.object({}),
  refusals: [],
  since: '0.1.0',
});

export const freeCapacity = operation({
  id: 'provisioning.free-capacity',
  kind: 'command',
  summary: 'Gives the reserved amounts of an environment back.',
  permission: 'process:act',
  scope: 'operator',
  params: OperatorParams,
  body: z.strictObject({ environment: Id, rule: PolicyRule }),
  reply: z.object({}),
  refusals: [],
  since: '0.1.0',
});
