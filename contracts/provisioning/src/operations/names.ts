import { Enciphered, Id, operation, OperatorParams, resource } from '@freehold/kernel';
import { z } from 'zod';

export const names = resource({
  context: 'provisioning',
  name: 'name',
  title: 'a domain name',
  collection: {
    path: '/v1/operators/{operator}/names',
    params: OperatorParams,
    scope: 'operator',
    permission: 'deployment:read',
  },
  item: {
    path: '/v1/operators/{operator}/names/{name}',
    params: OperatorParams.extend({ name: z.string().max(60) }),
    scope: 'operator',
    permission: 'deployment:read',
  },
  history: 'history:read',
  recorded: z.object({
    id: z.string(),
    operator: Id.nullable(),
    deployment: Id.nullable(),
    environment: Id.nullable(),
    purpose: z.string(),
    name: z.string(),
    status: z.enum(['claimed', 'attached', 'free']),
  }),
  observed: z.null(),
});

const command = {
  kind: 'command',
  permission: 'process:act',
  scope: 'operator',
  params: OperatorParams,
  since: '0.1.0',
} as const;
/** The name itself stays enciphered; `name` is its id: base32 of the keyed digest, the last token of its subject. */
export const NameId = z.string().regex(/^[a-z2-7]{52}$/, 'the id of a name');
const Held = z.strictObject({ deployment: Id, name: NameId });

/** Step of an order. Provisioning opens the name to check that it is one, below the zone, and what the id says. */
export const claimName = operation({
  ...command,
  id: 'provisioning.claim-name',
  summary: 'Claims a name under the provider’s zone for a deployment; the first claim wins.',
  body: Held.extend({ purpose: z.string(), enciphered: Enciphered }),
  reply: z.object({}),
  checkable: true,
  refusals: ['name-invalid', 'name-outside-zone', 'name-taken', 'claim-already-given-up'],
});
export const giveUpName = operation({
  ...command,
  id: 'provisioning.give-up-name',
  summary: 'Lets a name of a deployment go.',
  body: Held,
  reply: z.object({}),
  refusals: [],
});
export const attachName = operation({
  ...command,
  id: 'provisioning.attach-name',
  summary: 'Leads a name to an environment.',
  body: Held.extend({ environment: Id }),
  reply: z.object({}),
  refusals: ['name-not-claimed'],
});
