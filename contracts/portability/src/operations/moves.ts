import { Changed, Id, Instant, operation, OperatorParams, processOperations, resource } from '@freehold/kernel';
import { z } from 'zod';
import { Comparison } from '../events/arrival.events.js';

const read = { scope: 'operator', permission: 'move:read' } as const;
const Peer = z.object({ provider: z.string(), fingerprint: z.string() });

export const DepartureRecorded = z.object({
  id: Id,
  operator: Id,
  /** From the seal on: its steps. */
  process: Id.nullable(),
  deployment: Id,
  lineage: Id,
  status: z.enum([
    'granted',
    'bound',
    'sealing',
    'sealed',
    'leaving',
    'handed-over',
    'opened',
    'reopening',
    'reopened',
    'abandoned',
    'returned',
    'erased',
  ]),
  /** Whom it is for; null: whoever brings it and is confirmed. */
  to: Peer.nullable(),
  /** Who brought it. */
  by: Peer.nullable(),
  confirmed: z.boolean(),
  expires: Instant,
  deadline: Instant.nullable(),
  /** What would happen if it were abandoned now. */
  ifAbandoned: z.string(),
});
const DepartureParams = OperatorParams.extend({ departure: Id });
export const departures = resource({
  context: 'portability',
  name: 'departure',
  title: 'a departure',
  collection: { path: '/v1/operators/{operator}/departures', params: OperatorParams, ...read },
  item: { path: '/v1/operators/{operator}/departures/{departure}', params: DepartureParams, ...read },
  history: 'history:read',
  recorded: DepartureRecorded,
  observed: z.null(),
});

export const ArrivalRecorded = z.object({
  id: Id,
  operator: Id,
  process: Id,
  source: Peer,
  departure: Id,
  deployment: Id,
  lineage: Id,
  epoch: z.number(),
  application: z.string(),
  version: z.string(),
  status: z.enum(['under-way', 'verified', 'completed', 'returned', 'abandoned']),
  comparison: Comparison.nullable(),
  ifAbandoned: z.string(),
});
const ArrivalParams = OperatorParams.extend({ arrival: Id });
export const arrivals = resource({
  context: 'portability',
  name: 'arrival',
  title: 'an arrival',
  collection: { path: '/v1/operators/{operator}/arrivals', params: OperatorParams, ...read },
  item: { path: '/v1/operators/{operator}/arrivals/{arrival}', params: ArrivalParams, ...read },
  history: 'history:read',
  recorded: ArrivalRecorded,
  observed: z.null(),
});

/** Departures from their seal on, arrivals and exports, step by step. */
export const {
  processes: moveProcesses,
  followProcess: followMove,
  workList: moveWork,
  unfinishedWork: unfinishedMoveWork,
  retryWork: retryMove,
  continueWork: continueMove,
  undoWork: undoMove,
} = processOperations('portability', { collection: 'moves', work: '/v1/work/moves' });

export const grantMove = operation({
  id: 'portability.grant-move',
  kind: 'command',
  http: { method: 'POST', path: '/v1/operators/{operator}/departures' },
  summary: 'Grants that another provider may take a deployment over.',
  permission: 'move:grant',
  scope: 'operator',
  params: OperatorParams,
  body: z.strictObject({
    deployment: Id,
    to: z.string().max(300).optional().describe('the provider’s origin, such as https://cloud.example'),
    hours: z
      .int()
      .min(1)
      .max(30 * 24)
      .default(7 * 24)
      .describe('how long the grant is good for'),
  }),
  reply: Changed.extend({ grant: z.string(), expires: Instant, to: Peer.nullable() }),
  refusals: [
    'deployment-unknown',
    'deployment-not-live',
    'deployment-left',
    'deployment-sealed',
    'departure-differs',
    'provider-unreachable',
    'provider-name-unknown',
    'provider-certificate-refused',
    'provider-address-refused',
    'provider-unknown',
  ],
  since: '0.2.0',
});

const change = { kind: 'command', scope: 'operator', permission: 'move:grant', since: '0.2.0' } as const;
export const confirmMove = operation({
  ...change,
  id: 'portability.confirm-move',
  http: { method: 'POST', path: '/v1/operators/{operator}/departures/{departure}/confirm' },
  summary: 'Confirms the fingerprint of the provider that brought a grant.',
  params: DepartureParams,
  body: z.strictObject({ fingerprint: z.string().max(200) }),
  reply: Changed,
  refusals: ['nobody-came', 'fingerprint-differs', 'departure-ended'],
});
export const abandonMove = operation({
  ...change,
  id: 'portability.abandon-move',
  http: { method: 'POST', path: '/v1/operators/{operator}/departures/{departure}/abandon' },
  summary: 'Gives a departure up; a sealed deployment runs again.',
  params: DepartureParams,
  body: z.strictObject({}),
  reply: Changed,
  refusals: ['tenure-already-asked'],
});

export const abandonTake = operation({
  id: 'portability.abandon-take',
  kind: 'command',
  http: { method: 'POST', path: '/v1/operators/{operator}/arrivals/{arrival}/abandon' },
  summary: 'Gives an arrival up: what was copied is thrown away, and the source opens again if it was sealed.',
  permission: 'move:take',
  scope: 'operator',
  params: ArrivalParams,
  body: z.strictObject({}),
  reply: Changed.extend({ process: Id }),
  refusals: ['arrival-completed', 'process-stuck', 'process-not-running', 'process-past-return'],
  since: '0.2.0',
});

export const takeMove = operation({
  id: 'portability.take-move',
  kind: 'command',
  http: { method: 'POST', path: '/v1/operators/{operator}/arrivals' },
  summary: 'Takes a deployment over from another provider, with its grant.',
  permission: 'move:take',
  scope: 'operator',
  params: OperatorParams,
  body: z.strictObject({
    grant: z.string().max(4_000),
    plan: z.string().max(60).optional().describe('the subscription’s plan unless given'),
  }),
  reply: Changed.extend({ process: Id, deployment: Id, arrival: Id }),
  refusals: [
    'grant-invalid',
    'grant-expired',
    'grant-of-another',
    'departure-ended',
    'departure-unconfirmed',
    'peer-unreachable',
    'provider-name-unknown',
    'provider-certificate-refused',
    'provider-address-refused',
    'peer-refused',
    'name-missing',
    'name-twice',
    'application-unknown',
    'release-unknown',
    'offering-unknown',
    'plan-unknown',
    'subscription-missing',
    'quota-used-up',
    'operator-suspended',
    'name-taken',
    'name-outside-zone',
    'name-inside-zone',
    'name-not-delegated',
    'memory-too-small',
    'disk-too-small',
    'processor-too-small',
    'host-unknown',
    'tenure-held',
    'arrival-abandoned',
  ],
  longWork: true,
  patienceS: 20,
  since: '0.2.0',
});
