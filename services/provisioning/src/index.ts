import { replayable } from '@freehold/platform';
import { environments, hosts, names } from '@freehold/provisioning-contract';
import { environmentRecord } from './environment/views/environment.view.js';
import { hostResource } from './host/views/host.view.js';
import { nameResource } from './name/views/name.view.js';
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
  replayable: [
    replayable(hosts, hostResource),
    replayable(environments, environmentRecord),
    replayable(names, nameResource),
  ],
} as const;
