import { contextFields } from '@freehold/platform';
import { z } from 'zod';

export const deploymentConfig = z.object({
  ...contextFields,
  providerIdentityFile: z.string().describe('file (mode 0600) with the age identity that secrets are sent to'),
});
export type DeploymentConfig = z.infer<typeof deploymentConfig>;
