/** The aggregates of this context, as the log knows them; processes come from their tables (processes/process-tables). */
import { deploymentCatalogue, tenureCatalogue } from '@freehold/deployment-contract';
import { type AggregateName, CELL, type OperatorToken } from '@freehold/kernel';
import { deploymentDecider } from './deployment/domain/deployment.decide.js';
import { tenureDecider } from './tenure/domain/tenure.js';

export const deploymentAggregate = { ...deploymentDecider, ...deploymentCatalogue, stateVersion: 1 };
export const tenureAggregate = { ...tenureDecider, ...tenureCatalogue, stateVersion: 1 };

export const deploymentName = (operator: OperatorToken, id: string): AggregateName => ({
  context: 'deployment',
  operator,
  aggregate: 'deployment',
  id,
});
/** Unique in the cell: two deployments of one lineage meet here. */
export const tenureName = (lineage: string): AggregateName => ({
  context: 'deployment',
  operator: CELL,
  aggregate: 'tenure',
  id: lineage,
});
export const processName = (kind: string, operator: OperatorToken, id: string): AggregateName => ({
  context: 'deployment',
  operator,
  aggregate: kind,
  id,
});
