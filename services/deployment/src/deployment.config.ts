import { contextFields } from '@freehold/platform';
import { z } from 'zod';

export const deploymentConfig = z.object(contextFields);
export type DeploymentConfig = z.infer<typeof deploymentConfig>;
