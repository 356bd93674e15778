import { applications, offerings } from '@freehold/catalog-contract';
import { replayable } from '@freehold/platform';
import { applicationRecord } from './application/views/application.view.js';
import { offeringResource } from './offering/views/offering.view.js';
import { applicationAggregate, offeringAggregate, planAggregate, policyAggregate } from './aggregates.js';
import { catalogConfig } from './catalog.config.js';
import { CatalogModule } from './catalog.module.js';

/** What `freehold serve catalog` boots. */
export const catalogService = {
  name: 'catalog',
  module: CatalogModule,
  configSchema: catalogConfig,
  aggregates: [applicationAggregate, planAggregate, offeringAggregate, policyAggregate],
  replayable: [replayable(applications, applicationRecord), replayable(offerings, offeringResource)],
} as const;
