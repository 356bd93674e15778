import { Changed, Id, operation, resource } from '@freehold/kernel';
import { z } from 'zod';
import { PlanSize, PolicyRule, Price } from '../events/catalog.events.js';

const Name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'lower-case letters, digits and hyphens, at most 60');
export const ReleaseRow = z.object({
  version: z.string(),
  date: z.string(),
  digest: z.string(),
  status: z.enum(['published', 'withdrawn']),
});

export const applications = resource({
  context: 'catalog',
  name: 'application',
  title: 'an application',
  collection: { path: '/v1/applications', params: z.object({}), scope: 'cell', permission: 'catalog:read' },
  item: {
    path: '/v1/applications/{application}',
    params: z.object({ application: Name }),
    scope: 'cell',
    permission: 'catalog:read',
  },
  history: 'cell:history',
  recorded: z.object({ id: Id, application: z.string(), title: z.string(), releases: z.array(ReleaseRow) }),
  observed: z.object({
    about: z.string(),
    settingsSchema: z.record(z.string(), z.json()),
    /** The domain names that an order brings: the first as its name, the others by their purposes. */
    names: z.array(z.object({ purpose: z.string(), title: z.string(), identityBound: z.boolean() })),
    /** False: the conformance suite has not run for this package. */
    proven: z.boolean(),
  }),
});

export const offerings = resource({
  context: 'catalog',
  name: 'offering',
  title: 'an offering',
  collection: { path: '/v1/offerings', params: z.object({}), scope: 'cell', permission: 'catalog:read' },
  item: {
    path: '/v1/offerings/{offering}',
    params: z.object({ offering: Id }),
    scope: 'cell',
    permission: 'catalog:read',
  },
  history: 'cell:history',
  recorded: z.object({
    id: Id,
    application: z.string(),
    plan: z.string(),
    policy: z.string(),
    price: Price,
    status: z.enum(['open', 'closed']),
  }),
  observed: z.null(),
});

const command = {
  kind: 'command',
  permission: 'catalog:change',
  scope: 'cell',
  reply: Changed,
  since: '0.1.0',
} as const;

export const publishRelease = operation({
  ...command,
  id: 'catalog.publish-release',
  http: { method: 'PUT', path: '/v1/applications/{application}/releases/{version}' },
  summary: 'Publishes a release whose package lies in the package store.',
  params: z.object({ application: Name, version: z.string().max(60) }),
  body: z.strictObject({ digest: z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in hexadecimal') }),
  refusals: ['package-missing', 'release-differs'],
});

export const withdrawRelease = operation({
  ...command,
  id: 'catalog.withdraw-release',
  http: { method: 'POST', path: '/v1/applications/{application}/releases/{version}/withdraw' },
  summary: 'Takes a release out of the catalogue; what runs goes on.',
  params: z.object({ application: Name, version: z.string().max(60) }),
  body: z.strictObject({ reason: z.enum(['security', 'broken', 'superseded']) }),
  refusals: ['release-unknown'],
});

export const definePlan = operation({
  ...command,
  id: 'catalog.define-plan',
  http: { method: 'PUT', path: '/v1/plans/{plan}' },
  summary: 'Defines a plan: a size under a name.',
  params: z.object({ plan: Name }),
  body: z.strictObject({ size: PlanSize }),
  refusals: ['plan-differs'],
});

export const openOffering = operation({
  ...command,
  id: 'catalog.open-offering',
  http: { method: 'PUT', path: '/v1/applications/{application}/offerings/{plan}' },
  summary: 'Offers an application with a plan.',
  params: z.object({ application: Name, plan: Name }),
  body: z.strictObject({ policy: Name, price: Price }),
  refusals: ['application-unknown', 'plan-unknown', 'policy-unknown'],
});

export const setPolicy = operation({
  ...command,
  id: 'catalog.set-policy',
  http: { method: 'PUT', path: '/v1/policies/{policy}' },
  summary: 'Sets where the requests of a policy go.',
  params: z.object({ policy: Name }),
  body: z.strictObject({ rule: PolicyRule }),
  refusals: [],
});

/** Asked at the border of an order, and by accounts for a plan. Reads aggregates only, so that it answers without PostgreSQL. */
export const resolveOffering = operation({
  id: 'catalog.resolve-offering',
  kind: 'query',
  summary: 'What an order of this application with this plan means.',
  permission: 'catalog:read',
  scope: 'cell',
  params: z.object({}),
  body: z.object({ application: z.string(), plan: z.string(), version: z.string().optional() }),
  reply: z.object({ version: z.string(), digest: z.string(), size: PlanSize, rule: PolicyRule }),
  refusals: ['application-unknown', 'release-unknown', 'offering-unknown', 'plan-unknown'],
  since: '0.1.0',
});

export const resolvePlan = operation({
  id: 'catalog.resolve-plan',
  kind: 'query',
  summary: 'Which size a plan has.',
  permission: 'catalog:read',
  scope: 'cell',
  params: z.object({}),
  body: z.object({ plan: z.string() }),
  reply: z.object({ size: PlanSize }),
  refusals: ['plan-unknown'],
  since: '0.1.0',
});
