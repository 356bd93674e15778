/** The aggregates of this context, as the log knows them. Hosts and names belong to the cell. */
import { type AggregateName, CELL, type OperatorToken } from '@freehold/kernel';
import { environmentCatalogue, hostCatalogue, nameCatalogue } from '@freehold/provisioning-contract';
import { v5 as uuidV5 } from 'uuid';
import { environmentDecider } from './environment/domain/environment.js';
import { hostDecider } from './host/domain/host.js';
import { nameDecider } from './name/domain/name.js';

export const hostAggregate = { ...hostDecider, ...hostCatalogue, stateVersion: 1 };
export const nameAggregate = { ...nameDecider, ...nameCatalogue, stateVersion: 1 };
export const environmentAggregate = { ...environmentDecider, ...environmentCatalogue, stateVersion: 2 };

/** For ever: the id of a host is the UUID (version 5) of its name in this namespace. */
const HOSTS = '0b9c3f4e-3a57-5f0e-8c0d-6a1f7d2e9b43';

export const hostName = (host: string): AggregateName => ({
  context: 'provisioning',
  operator: CELL,
  aggregate: 'host',
  id: uuidV5(host, HOSTS),
});
/** @param id base32 of the keyed digest of the name: all claims of one name meet here. */
export const nameName = (id: string): AggregateName => ({
  context: 'provisioning',
  operator: CELL,
  aggregate: 'name',
  id,
});
export const environmentName = (operator: OperatorToken, id: string): AggregateName => ({
  context: 'provisioning',
  operator,
  aggregate: 'environment',
  id,
});
