import { Changed, Id, Instant, operation, OperatorParams, resource } from '@freehold/kernel';
import { z } from 'zod';

const DeploymentParams = OperatorParams.extend({ deployment: Id });

export const DeploymentStatus = z.enum([
  'ordered',
  'live',
  'suspended',
  'retiring',
  'retired',
  'undone',
  'sealed',
  'left',
]);
export const DeploymentRecorded = z.object({
  id: Id,
  operator: Id,
  lineage: Id,
  application: z.string(),
  version: z.string(),
  plan: z.string(),
  status: DeploymentStatus,
  environment: Id,
  host: z.string().nullable(),
  epoch: z.number(),
  names: z.array(z.object({ purpose: z.string(), name: z.string() })),
  settings: z.record(z.string(), z.json()),
  identity: z.json().nullable(),
  hasFirstAdministrator: z.boolean(),
  eraseAt: Instant.nullable(),
  orderedAt: Instant,
});
export const DeploymentObserved = z.object({
  address: z.string().describe('where it is reached by its name: URL'),
  router: z.object({ address: z.string(), port: z.number() }),
  units: z.array(
    z.object({ name: z.string(), state: z.string(), pid: z.number().nullable(), since: z.string().nullable() }),
  ),
  healthy: z.boolean(),
  activity: z.string().nullable(),
  generation: z.number(),
  seenAt: Instant,
});

export const deployments = resource({
  context: 'deployment',
  name: 'deployment',
  title: 'a deployment',
  collection: {
    path: '/v1/operators/{operator}/deployments',
    params: OperatorParams,
    scope: 'operator',
    permission: 'deployment:read',
  },
  item: {
    path: '/v1/operators/{operator}/deployments/{deployment}',
    params: DeploymentParams,
    scope: 'operator',
    permission: 'deployment:read',
  },
  history: 'history:read',
  recorded: DeploymentRecorded,
  observed: DeploymentObserved,
});

/** What a package's schema says against settings. */
const SETTING_REFUSALS = [
  'setting-missing',
  'setting-unknown',
  'setting-type',
  'setting-not-offered',
  'setting-out-of-range',
  'setting-length',
  'setting-form',
  'setting-refused',
] as const;
const Settings = z.record(z.string().max(100), z.json());
/** 202: a process was begun; `Location` is where it is followed. */
export const Begun = Changed.extend({ process: Id, deployment: Id });

export const orderDeployment = operation({
  id: 'deployment.order-deployment',
  kind: 'command',
  http: { method: 'POST', path: '/v1/operators/{operator}/deployments' },
  summary: 'Orders an application.',
  permission: 'deployment:order',
  scope: 'operator',
  params: OperatorParams,
  body: z.strictObject({
    application: z.string().max(60),
    version: z.string().max(60).optional(),
    plan: z.string().max(60).optional().describe('the subscription’s plan unless given'),
    name: z.string().max(253).describe('the name under which it is reached, below the provider’s zone'),
    names: z
      .record(z.string().max(60), z.string().max(253))
      .default({})
      .describe('further names, by their purpose, of an application that needs several'),
    settings: Settings.default({}),
  }),
  reply: Begun,
  refusals: [
    'application-unknown',
    'release-unknown',
    'offering-unknown',
    'plan-unknown',
    ...SETTING_REFUSALS,
    'subscription-missing',
    'quota-used-up',
    'operator-suspended',
    'name-invalid',
    'name-outside-zone',
    'name-taken',
    'name-missing',
    'name-twice',
    'purpose-unknown',
    'memory-too-small',
    'disk-too-small',
    'processor-too-small',
    'host-unknown',
  ],
  longWork: true,
  since: '0.1.0',
});

const change = {
  kind: 'command',
  scope: 'operator',
  params: DeploymentParams,
  reply: Changed,
  since: '0.1.0',
} as const;
const MOVING = ['deployment-left', 'deployment-sealed'] as const;
const NOT_NOW = ['deployment-not-live', ...MOVING] as const;

export const changeSettings = operation({
  ...change,
  id: 'deployment.change-settings',
  http: { method: 'POST', path: '/v1/operators/{operator}/deployments/{deployment}/settings' },
  summary: 'Changes settings; those not named stay as they are.',
  permission: 'deployment:change',
  body: z.strictObject({ settings: Settings }),
  refusals: [...NOT_NOW, ...SETTING_REFUSALS, 'setting-fixed'],
});
export const suspendDeployment = operation({
  ...change,
  id: 'deployment.suspend-deployment',
  http: { method: 'POST', path: '/v1/operators/{operator}/deployments/{deployment}/suspend' },
  summary: 'Stops an application; everything is kept.',
  permission: 'deployment:change',
  body: z.strictObject({}),
  refusals: NOT_NOW,
});
export const resumeDeployment = operation({
  ...change,
  id: 'deployment.resume-deployment',
  http: { method: 'POST', path: '/v1/operators/{operator}/deployments/{deployment}/resume' },
  summary: 'Starts a suspended application again.',
  permission: 'deployment:change',
  body: z.strictObject({}),
  refusals: ['deployment-not-suspended', ...MOVING],
});
export const retireDeployment = operation({
  ...change,
  id: 'deployment.retire-deployment',
  http: { method: 'POST', path: '/v1/operators/{operator}/deployments/{deployment}/retire' },
  summary: 'Stops an application for good; its data are erased after 30 days, or at once.',
  permission: 'deployment:retire',
  body: z.strictObject({ now: z.boolean().default(false).describe('erase at once') }),
  reply: Begun,
  refusals: NOT_NOW,
  longWork: true,
});

export const firstAdministrator = operation({
  id: 'deployment.first-administrator',
  kind: 'query',
  http: { method: 'GET', path: '/v1/operators/{operator}/deployments/{deployment}/first-administrator' },
  summary: 'The account of the first administrator, with its password.',
  permission: 'deployment:first-admin',
  scope: 'operator',
  params: DeploymentParams,
  body: z.object({}),
  reply: z.object({ user: z.string(), password: z.string() }),
  refusals: ['first-administrator-missing'],
  since: '0.1.0',
});

export const deploymentLogs = operation({
  id: 'deployment.deployment-logs',
  kind: 'query',
  http: { method: 'GET', path: '/v1/operators/{operator}/deployments/{deployment}/logs' },
  summary: 'What the application wrote: the last lines, or those after a cursor (waits for some).',
  permission: 'deployment:logs',
  scope: 'operator',
  params: DeploymentParams,
  body: z.object({
    lines: z.coerce.number().int().min(1).max(2000).default(100),
    cursor: z.string().max(100).optional(),
    wait: z.coerce.number().int().min(0).max(20).default(0),
  }),
  reply: z.object({ lines: z.array(z.string()), cursor: z.string() }),
  refusals: ['host-silent'],
  since: '0.1.0',
});
