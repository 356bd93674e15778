import { z } from 'zod';
import { LOG_LEVELS } from '../logging/logging.js';

/** The variables that every service has; a service's schema is `z.object({ ...platformFields, … })`. */
export const platformFields = {
  natsUrl: z.string().default('nats://127.0.0.1:4222').describe('address of the NATS server; several with commas'),
  natsSeedFile: z.string().optional().describe('file (mode 0600) with the nkey seed of this service’s NATS user'),
  signingKeyFile: z
    .string()
    .describe('file (mode 0600) with the private key (PEM) that signs this service’s principals'),
  signerKeysFile: z.string().describe('file (JSON) with the public keys of all signers, by name'),
  logLevel: z.enum(LOG_LEVELS).default('info').describe('least severe log lines that are written'),
};

export type PlatformConfiguration = z.infer<z.ZodObject<typeof platformFields>>;
