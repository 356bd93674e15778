import { arrivals, departures, exportsMade, moveProcesses } from '@freehold/portability-contract';
import { replayable, replayableProcesses } from '@freehold/platform';
import { arrivalRecorded } from './arrival/views/arrival.resource.js';
import { arrivalProjection } from './arrival/views/arrival.view.js';
import { departureRecorded } from './departure/views/departure.resource.js';
import { departureProjection } from './departure/views/departure.view.js';
import { exportRecorded } from './export/views/export.resource.js';
import { exportProjection } from './export/views/export.view.js';
import { processDefinition } from '@freehold/process';
import { arrivalAggregate, departureAggregate, exportAggregate } from './aggregates.js';
import { portabilityConfig } from './portability.config.js';
import { PortabilityModule } from './portability.module.js';
import { PROCESS_TABLES } from './processes/process-tables.js';

/** What `freehold serve portability` boots. */
export const portabilityService = {
  name: 'portability',
  module: PortabilityModule,
  configSchema: portabilityConfig,
  aggregates: [
    departureAggregate,
    arrivalAggregate,
    exportAggregate,
    ...PROCESS_TABLES.map((table) => processDefinition(table)),
  ],
  replayable: [
    replayable(departures, { projection: departureProjection, recorded: departureRecorded }),
    replayable(arrivals, { projection: arrivalProjection, recorded: arrivalRecorded }),
    replayable(exportsMade, { projection: exportProjection, recorded: exportRecorded }),
    replayableProcesses('portability', moveProcesses, PROCESS_TABLES),
  ],
} as const;
