import { deploymentConfig } from './deployment.config.js';
import { DeploymentModule } from './deployment.module.js';

/** What `freehold serve deployment` boots. */
export const deploymentService = {
  name: 'deployment',
  module: DeploymentModule,
  configSchema: deploymentConfig,
} as const;
