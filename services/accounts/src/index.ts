import { operatorKeys, operators, subscriptions } from '@freehold/accounts-contract';
import { replayable } from '@freehold/platform';
import { credentialResource } from './credential/views/credential.view.js';
import { operatorResource } from './operator/views/operator.view.js';
import { subscriptionResource } from './subscription/views/subscription.view.js';
import { credentialAggregate, operatorAggregate, subscriptionAggregate } from './aggregates.js';
import { accountsConfig } from './accounts.config.js';
import { AccountsModule } from './accounts.module.js';

/** What `freehold serve accounts` boots. */
export const accountsService = {
  name: 'accounts',
  module: AccountsModule,
  configSchema: accountsConfig,
  aggregates: [operatorAggregate, credentialAggregate, subscriptionAggregate],
  replayable: [
    replayable(operators, operatorResource),
    replayable(operatorKeys, credentialResource),
    replayable(subscriptions, subscriptionResource),
  ],
} as const;
