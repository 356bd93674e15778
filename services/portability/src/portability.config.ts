import { contextFields } from '@freehold/platform';
import { z } from 'zod';

export const portabilityConfig = z.object({
  ...contextFields,
  publicUrl: z.url().describe('origin under which others reach this provider'),
  providerName: z.string().min(1).max(200).describe('what people call this provider'),
  zone: z.string().describe('the domain below which this provider gives out names'),
  providerKeyFile: z.string().describe('file (mode 0600) with the Ed25519 key that this provider signs with'),
  providerIdentityFile: z.string().describe('file (mode 0600) with the age identity that secrets are sent to'),
  logPublicKeyFile: z.string().describe('file with the public key (PEM) that checkpoints of the log are checked with'),
  witnessPublicKeyFile: z.string().describe('file with the public key (PEM) of the witness that this provider is'),
  addressPolicy: z
    .enum(['public', 'embedded'])
    .default('public')
    .describe('which addresses of others may be asked; `embedded`: loopback too, for several on one machine'),
  transferUrl: z
    .url({ protocol: /^https$/ })
    .optional()
    .describe('https origin behind which the transfer listener of the host is reached; none: the listener itself'),
  keptDays: z.coerce
    .number()
    .min(2)
    .max(365)
    .default(30)
    .describe('days that what has left is kept before it is erased (EU Data Act, Article 25: at least 30)'),
  sealMinutes: z.coerce
    .number()
    .positive()
    .max(24 * 60)
    .default(30)
    .describe('minutes without progress after which what is sealed, or is being sealed, runs here again'),
});
export type PortabilityConfig = z.infer<typeof portabilityConfig>;
