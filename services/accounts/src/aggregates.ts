/** The aggregates of this context, as the log knows them. */
import { credentialCatalogue, operatorCatalogue, subscriptionCatalogue } from '@freehold/accounts-contract';
import type { AggregateName, OperatorToken } from '@freehold/kernel';
import { credentialDecider } from './credential/domain/credential.js';
import { operatorDecider } from './operator/domain/operator.js';
import { subscriptionDecider } from './subscription/domain/subscription.js';

export const operatorAggregate = { ...operatorDecider, ...operatorCatalogue, stateVersion: 1 };
export const credentialAggregate = { ...credentialDecider, ...credentialCatalogue, stateVersion: 1 };
export const subscriptionAggregate = { ...subscriptionDecider, ...subscriptionCatalogue, stateVersion: 1 };

export const operatorName = (operator: string): AggregateName => ({
  context: 'accounts',
  operator,
  aggregate: 'operator',
  id: operator,
});
export const credentialName = (operator: OperatorToken, id: string): AggregateName => ({
  context: 'accounts',
  operator,
  aggregate: 'credential',
  id,
});
/** An operator has one subscription, with the operator's id. */
export const subscriptionName = (operator: string): AggregateName => ({
  context: 'accounts',
  operator,
  aggregate: 'subscription',
  id: operator,
});
