import { CellParams, operation } from '@freehold/kernel';
import { z } from 'zod';
import { Jwk, KeyId, ProviderOrigin } from '../provider.js';

/**
 * The key that a request claims to be signed with, asked by the gateway before it knows who is there, and by nobody on
 * HTTP: as with `accounts.authenticate` there is no principal yet. Null: the provider has no such key, is no provider,
 * or may not be asked. A provider that cannot be reached is `failed: unavailable`.
 */
export const peerKey = operation({
  id: 'portability.peer-key',
  kind: 'query',
  summary: 'Finds the public key with which another provider says that it signed a request.',
  permission: null,
  scope: 'public',
  params: CellParams,
  body: z.object({ provider: ProviderOrigin, kid: KeyId }),
  reply: z.object({ jwk: Jwk.nullable() }),
  refusals: [],
  since: '0.2.0',
});
