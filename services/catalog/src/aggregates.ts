/** The aggregates of this context, as the log knows them. All belong to the cell. */
import { applicationCatalogue, offeringCatalogue, planCatalogue, policyCatalogue } from '@freehold/catalog-contract';
import { type AggregateName, CELL } from '@freehold/kernel';
import { v5 as uuidV5 } from 'uuid';
import { applicationDecider } from './application/domain/application.js';
import { offeringDecider } from './offering/domain/offering.js';
import { planDecider } from './plan/domain/plan.js';
import { policyDecider } from './policy/domain/policy.js';

export const applicationAggregate = { ...applicationDecider, ...applicationCatalogue, stateVersion: 1 };
export const planAggregate = { ...planDecider, ...planCatalogue, stateVersion: 1 };
export const offeringAggregate = { ...offeringDecider, ...offeringCatalogue, stateVersion: 1 };
export const policyAggregate = { ...policyDecider, ...policyCatalogue, stateVersion: 1 };

/** For ever: ids of what has a name of its own are UUIDs (version 5) of that name in this namespace. */
const NAMES = '6d3b2f0e-6b0c-5f5e-9d55-0f0d4c1a7b11';

const named = (aggregate: string, ...words: readonly string[]): AggregateName => ({
  context: 'catalog',
  operator: CELL,
  aggregate,
  id: uuidV5([aggregate, ...words].join(':'), NAMES),
});

export const applicationName = (application: string): AggregateName => named('application', application);
export const planName = (plan: string): AggregateName => named('plan', plan);
export const offeringName = (application: string, plan: string): AggregateName => named('offering', application, plan);
export const policyName = (policy: string): AggregateName => named('policy', policy);
