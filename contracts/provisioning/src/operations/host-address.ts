import { operation, OperatorParams } from '@freehold/kernel';
import { z } from 'zod';
import { HostName } from './hosts.js';

/** Asked by portability: where a host serves names, where it is fetched from in a move, and to whom it is enciphered. */
export const hostAddress = operation({
  id: 'provisioning.host-address',
  kind: 'query',
  summary: 'Where a host is reached.',
  permission: 'process:act',
  scope: 'operator',
  params: OperatorParams,
  body: z.object({ host: HostName }),
  reply: z.object({
    address: z.string(),
    port: z.number(),
    transferPort: z.number().nullable(),
    recipient: z.string(),
  }),
  refusals: [],
  since: '0.2.0',
});
