import { credentialAggregate, operatorAggregate, subscriptionAggregate } from './aggregates.js';
import { accountsConfig } from './accounts.config.js';
import { AccountsModule } from './accounts.module.js';

/** What `freehold serve accounts` boots. */
export const accountsService = {
  name: 'accounts',
  module: AccountsModule,
  configSchema: accountsConfig,
  aggregates: [operatorAggregate, credentialAggregate, subscriptionAggregate],
} as const;
