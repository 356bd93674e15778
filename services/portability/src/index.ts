import { portabilityConfig } from './portability.config.js';
import { PortabilityModule } from './portability.module.js';

/** What `freehold serve portability` boots. */
export const portabilityService = {
  name: 'portability',
  module: PortabilityModule,
  configSchema: portabilityConfig,
} as const;
