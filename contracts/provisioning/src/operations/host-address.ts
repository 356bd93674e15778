import { operation, OperatorParams } from '@freehold/kernel';
import { z } from 'zod';
import { HostCapabilities } from '../host-capabilities.js';
import { HostName } from './hosts.js';

/**
 * Asked at the borders of orders and moves: where a host serves names, where it is fetched from in a move, to whom it is
 * enciphered, and what it can do.
 */
export const hostAddress = operation({
  id: 'provisioning.host-address',
  kind: 'query',
  summary: 'Where a host is reached, and what it can do.',
  permission: 'process:act',
  scope: 'operator',
  params: OperatorParams,
  body: z.object({ host: HostName }),
  reply: z.object({
    address: z.string(),
    port: z.number(),
    transferPort: z.number().nullable(),
    recipient: z.string(),
    ...HostCapabilities.shape,
  }),
  refusals: [],
  since: '0.2.0',
});
