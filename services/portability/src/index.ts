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
} as const;
