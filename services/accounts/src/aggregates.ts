/** The aggregates of this context, as the log knows them. */
import { credentialEvents, operatorEvents, subscriptionEvents } from '@freehold/accounts-contract';
import type { AggregateName, OperatorToken } from '@freehold/kernel';
import { credentialDecider } from './credential/domain/credential.js';
import { operatorDecider } from './operator/domain/operator.js';
import { subscriptionDecider } from './subscription/domain/subscription.js';

export const operatorAggregate = {
  ...operatorDecider,
  context: 'accounts',
  aggregate: 'operator',
  events: operatorEvents,
  stateVersion: 1,
} as const;
export const credentialAggregate = {
  ...credentialDecider,
  context: 'accounts',
  aggregate: 'credential',
  events: credentialEvents,
  stateVersion: 1,
} as const;
export const subscriptionAggregate = {
  ...subscriptionDecider,
  context: 'accounts',
  aggregate: 'subscription',
  events: subscriptionEvents,
  stateVersion: 1,
} as const;

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
