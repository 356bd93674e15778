/** The aggregates of this context, as the log knows them; processes come from their tables (processes/process-tables). */
import type { AggregateName, OperatorToken } from '@freehold/kernel';
import { arrivalCatalogue, departureCatalogue, exportCatalogue } from '@freehold/portability-contract';
import { arrivalDecider } from './arrival/domain/arrival.js';
import { departureDecider } from './departure/domain/departure.decide.js';
import { exportDecider } from './export/domain/export.js';

export const departureAggregate = { ...departureDecider, ...departureCatalogue, stateVersion: 1 };
export const arrivalAggregate = { ...arrivalDecider, ...arrivalCatalogue, stateVersion: 1 };
export const exportAggregate = { ...exportDecider, ...exportCatalogue, stateVersion: 1 };

const named = (aggregate: string) => (operator: OperatorToken, id: string) =>
  ({ context: 'portability', operator, aggregate, id }) satisfies AggregateName;

export const departureName = named('departure');
export const arrivalName = named('arrival');
export const exportName = named('export');
export const processName = (kind: string, operator: OperatorToken, id: string): AggregateName =>
  named(kind)(operator, id);
