import { Changed, Id, operation, OperatorParams, resource } from '@freehold/kernel';
import { z } from 'zod';

export const SubscriptionRecorded = z.object({
  id: Id,
  operator: Id,
  plan: z.string(),
  places: z.number(),
  taken: z.array(Id).describe('deployments that hold a place'),
});

/** An operator has one subscription; its id is the operator's. */
export const subscriptions = resource({
  context: 'accounts',
  name: 'subscription',
  title: 'a subscription',
  collection: { path: '/v1/subscriptions', params: z.object({}), scope: 'cell', permission: 'operator:list' },
  item: {
    path: '/v1/operators/{operator}/subscription',
    params: OperatorParams,
    scope: 'operator',
    permission: 'operator:read',
  },
  history: 'history:read',
  recorded: SubscriptionRecorded,
  observed: z.null(),
});

export const agreeSubscription = operation({
  id: 'accounts.agree-subscription',
  kind: 'command',
  http: { method: 'PUT', path: '/v1/operators/{operator}/subscription' },
  summary: 'Agrees an operator’s plan and quota, or changes them.',
  permission: 'subscription:change',
  scope: 'operator',
  params: OperatorParams,
  body: z.strictObject({
    plan: z.string().max(60).describe('name of a plan'),
    places: z.int().min(0).max(10_000).describe('how many deployments the operator may have at once'),
  }),
  reply: Changed,
  refusals: ['operator-unknown', 'operator-closed', 'plan-unknown', 'places-below-use'],
  since: '0.1.0',
});

const place = {
  params: OperatorParams,
  body: z.strictObject({ deployment: Id }),
  scope: 'operator',
  permission: 'process:act',
} as const;

/** Step of an order: takes one place of the quota for a deployment. */
export const reservePlace = operation({
  ...place,
  id: 'accounts.reserve-place',
  kind: 'command',
  summary: 'Takes one place of the quota for a deployment.',
  checkable: true,
  reply: z.object({ plan: z.string() }),
  refusals: [
    'subscription-missing',
    'quota-used-up',
    'operator-unknown',
    'operator-suspended',
    'operator-closed',
    'place-already-freed',
  ],
  since: '0.1.0',
});

/** Its undo, and a step of a retirement. */
export const freePlace = operation({
  ...place,
  id: 'accounts.free-place',
  kind: 'command',
  summary: 'Gives the place of a deployment back.',
  reply: z.object({}),
  refusals: [],
  since: '0.1.0',
});

/** Asked at the border of an order for the plan; reads the aggregate, so that it answers without PostgreSQL. */
export const resolveSubscription = operation({
  id: 'accounts.resolve-subscription',
  kind: 'query',
  summary: 'Which plan an operator has agreed to.',
  permission: 'process:act',
  scope: 'operator',
  params: OperatorParams,
  body: z.object({}),
  reply: z.object({ plan: z.string(), places: z.number() }),
  refusals: [],
  since: '0.1.0',
});
