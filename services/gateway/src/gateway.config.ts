import { platformFields } from '@freehold/platform';
import { z } from 'zod';

export const gatewayConfiguration = z.object({
  ...platformFields,
  listenAddress: z.string().default('127.0.0.1').describe('address on which the API listens'),
  listenPort: z.coerce.number().int().min(0).max(65_535).default(8420).describe('its port; 0: any free one'),
  publicUrl: z.url().optional().describe('address by which others reach the API; stands in the type of problems'),
  healthOf: z.string().default('').describe('services that /health asks, with commas'),
});
export type GatewayConfiguration = z.infer<typeof gatewayConfiguration>;

export const GATEWAY_CONFIGURATION = Symbol('configuration of the gateway');
