import { CellParams, operation } from '@freehold/kernel';
import { z } from 'zod';
import { ProviderDescription } from '../description.js';

/** Open to everybody: what another provider needs before it trusts a grant or a signature of ours. */
export const providerDescription = operation({
  id: 'portability.provider-description',
  kind: 'query',
  http: { method: 'GET', path: '/.well-known/freehold' },
  summary: 'Says who this provider is to others: its keys, its zone, and the protocols it speaks.',
  permission: null,
  scope: 'public',
  params: CellParams,
  body: z.object({}),
  reply: ProviderDescription,
  refusals: [],
  maxAgeS: 60,
  since: '0.2.0',
});
