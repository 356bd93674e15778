import { applicationAggregate, offeringAggregate, planAggregate, policyAggregate } from './aggregates.js';
import { catalogConfig } from './catalog.config.js';
import { CatalogModule } from './catalog.module.js';

/** What `freehold serve catalog` boots. */
export const catalogService = {
  name: 'catalog',
  module: CatalogModule,
  configSchema: catalogConfig,
  aggregates: [applicationAggregate, planAggregate, offeringAggregate, policyAggregate],
} as const;
