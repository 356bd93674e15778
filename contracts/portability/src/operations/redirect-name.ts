import { operation } from '@freehold/kernel';
import { z } from 'zod';
import { ProviderOrigin } from '../provider.js';

/**
 * Asked of a name's home, the provider in whose zone it is, by the provider to which it leads: once the deployment has
 * moved on, the name shall lead there. Signed (RFC 9421) with a key of the asking provider; no nonce, since nothing was
 * inspected. That it leads there already is no error.
 *
 * `name-not-delegated`: it leads nowhere else, because it came home. `name-held-by-another`: it leads to another provider
 * than the one that asks; who held it before that one may not have told yet.
 */
export const redirectHome = operation({
  id: 'portability.redirect-home',
  kind: 'command',
  http: { method: 'POST', path: '/v1/names/redirect' },
  summary: 'Leads a name of our zone to where its holder, who says so, has moved on.',
  permission: 'move:peer',
  scope: 'peer',
  params: z.object({}),
  body: z.strictObject({
    name: z.string().max(253),
    to: ProviderOrigin,
    address: z.union([z.ipv4(), z.ipv6()]),
    port: z.int().min(1).max(65_535),
  }),
  reply: z.object({}),
  refusals: ['name-not-delegated', 'name-held-by-another', 'place-refused'],
  since: '0.2.0',
});
