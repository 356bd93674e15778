import { deployments, processes } from '@freehold/deployment-contract';
import { replayable, replayableProcesses } from '@freehold/platform';
import { deploymentRecorded } from './deployment/views/deployment.resource.js';
import { deploymentProjection } from './deployment/views/deployment.view.js';
import { processDefinition } from '@freehold/process';
import { deploymentAggregate, tenureAggregate } from './aggregates.js';
import { deploymentConfig } from './deployment.config.js';
import { DeploymentModule } from './deployment.module.js';
import { PROCESS_TABLES } from './processes/process-tables.js';

/** What `freehold serve deployment` boots. */
export const deploymentService = {
  name: 'deployment',
  module: DeploymentModule,
  configSchema: deploymentConfig,
  aggregates: [deploymentAggregate, tenureAggregate, ...PROCESS_TABLES.map((table) => processDefinition(table))],
  replayable: [
    replayable(deployments, { projection: deploymentProjection, recorded: deploymentRecorded }),
    replayableProcesses('deployment', processes, PROCESS_TABLES),
  ],
} as const;
