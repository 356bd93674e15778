import { contextFields } from '@freehold/platform';
import { z } from 'zod';

export const provisioningConfig = z.object({
  ...contextFields,
  zone: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'a domain in lower case, without a final dot')
    .default('freehold.test')
    .describe('the provider’s zone: names below it can be claimed'),
});
export type ProvisioningConfig = z.infer<typeof provisioningConfig>;
