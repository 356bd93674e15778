import { environmentAggregate, hostAggregate, nameAggregate } from './aggregates.js';
import { provisioningConfig } from './provisioning.config.js';
import { ProvisioningModule } from './provisioning.module.js';

export { ensureZones } from './reconcilers/zone-records.js';

/** What `freehold serve provisioning` boots. */
export const provisioningService = {
  name: 'provisioning',
  module: ProvisioningModule,
  configSchema: provisioningConfig,
  aggregates: [hostAggregate, environmentAggregate, nameAggregate],
} as const;
