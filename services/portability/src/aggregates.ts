/** The aggregates of this context, as the log knows them; processes come from their tables (processes/process-tables). */
import type { AggregateName, OperatorToken } from '@freehold/kernel';
import { arrivalEvents, departureEvents, exportEvents } from '@freehold/portability-contract';
import { arrivalDecider } from './arrival/domain/arrival.js';
import { departureDecider } from './departure/domain/departure.decide.js';
import { exportDecider } from './export/domain/export.js';

export const departureAggregate = {
  ...departureDecider,
  context: 'portability',
  aggregate: 'departure',
  events: departureEvents,
  stateVersion: 1,
} as const;
export const arrivalAggregate = {
  ...arrivalDecider,
  context: 'portability',
  aggregate: 'arrival',
  events: arrivalEvents,
  stateVersion: 1,
} as const;
export const exportAggregate = {
  ...exportDecider,
  context: 'portability',
  aggregate: 'export',
  events: exportEvents,
  stateVersion: 1,
} as const;

const named = (aggregate: string) => (operator: OperatorToken, id: string) =>
  ({ context: 'portability', operator, aggregate, id }) satisfies AggregateName;

export const departureName = named('departure');
export const arrivalName = named('arrival');
export const exportName = named('export');
export const processName = (kind: string, operator: OperatorToken, id: string): AggregateName =>
  named(kind)(operator, id);
