import { Finding, Id, Instant, operation, OperatorParams, resource } from '@freehold/kernel';
import { z } from 'zod';
import { Amounts } from '../amounts.js';
import { EnvironmentConfiguration, Forward, Want } from '../events/environment.events.js';
import { HostName } from './hosts.js';

/** What an agent saw last; kept in OPS, not in the log. */
export const UnitObservation = z.object({
  at: Instant,
  generation: z.number(),
  units: z.array(
    z.object({
      name: z.string(),
      state: z.enum(['running', 'exited', 'absent']),
      pid: z.number().nullable(),
      since: z.string().nullable(),
    }),
  ),
  healthy: z.boolean(),
  /** `10 of 14 packages` and the like, while something long is going on. */
  activity: z.string().nullable(),
  usage: z.object({ memoryBytes: z.number(), diskBytes: z.number() }).nullable(),
});
export type UnitObservation = z.infer<typeof UnitObservation>;

export const EnvironmentRecorded = z.object({
  id: Id,
  deployment: Id,
  host: z.string(),
  amounts: Amounts,
  generation: z.number(),
  want: Want.nullable(),
  observedGeneration: z.number(),
  state: Want.nullable(),
  identity: z.json().nullable(),
  findings: z.array(Finding),
});

const EnvironmentParams = OperatorParams.extend({ environment: Id });
export const environments = resource({
  context: 'provisioning',
  name: 'environment',
  title: 'an environment',
  collection: {
    path: '/v1/operators/{operator}/environments',
    params: OperatorParams,
    scope: 'operator',
    permission: 'deployment:read',
  },
  item: {
    path: '/v1/operators/{operator}/environments/{environment}',
    params: EnvironmentParams,
    scope: 'operator',
    permission: 'deployment:read',
  },
  history: 'history:read',
  recorded: EnvironmentRecorded,
  observed: UnitObservation,
});

const command = {
  kind: 'command',
  permission: 'process:act',
  scope: 'operator',
  params: OperatorParams,
  since: '0.1.0',
} as const;
/** Step of an order. */
export const requestEnvironment = operation({
  ...command,
  id: 'provisioning.request-environment',
  summary: 'Makes an environment for a deployment on a host.',
  body: z.strictObject({ environment: Id, deployment: Id, host: HostName, amounts: Amounts }),
  reply: z.object({ environment: Id }),
  refusals: ['environment-differs', 'environment-already-removed'],
});

/** Answers the generation; whoever waits does so for `observed ≥ generation` or `failed`. */
export const desireEnvironment = operation({
  ...command,
  id: 'provisioning.desire-environment',
  summary: 'Says what must hold in an environment from now on.',
  body: z.strictObject({
    environment: Id,
    revision: z.int().nonnegative(),
    /** Which comes later, where one revision is followed by several; missing: 0. */
    turn: z.int().nonnegative().optional(),
    epoch: z.int().nonnegative(),
    want: Want,
    configuration: EnvironmentConfiguration.nullable(),
    forward: Forward.nullable().optional(),
  }),
  reply: z.object({ generation: z.number() }),
  refusals: ['environment-unknown', 'environment-already-removed', 'epoch-too-low'],
});

const agent = { permission: 'host:act', scope: 'host', params: z.object({ host: HostName }), since: '0.1.0' } as const;

/** An agent asks for what is secret or personal of a generation; the answer is encrypted to its host's key (age). */
export const environmentConfiguration = operation({
  ...agent,
  id: 'provisioning.environment-configuration',
  kind: 'query',
  summary: 'The configuration of a generation, encrypted to the host.',
  body: z.object({ operator: Id, environment: Id, generation: z.int().positive() }),
  reply: z.object({ sealed: z.string() }),
  refusals: ['environment-unknown', 'generation-passed', 'secrets-missing'],
});
/** What is inside `sealed`. */
export const OpenConfiguration = z.object({
  configuration: EnvironmentConfiguration.omit({ names: true }),
  names: z.record(z.string(), z.string()),
  secrets: z.record(z.string(), z.string()),
});
export type OpenConfiguration = z.infer<typeof OpenConfiguration>;

/** The agent's result for a generation, as a command: holds, or given up with the reasons; and repaired drift. */
export const reportObservation = operation({
  ...agent,
  id: 'provisioning.report-observation',
  kind: 'command',
  summary: 'An agent says what became of a generation.',
  body: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('observed'),
      operator: Id,
      environment: Id,
      generation: z.int(),
      state: Want,
      identity: z.json().nullable(),
      served: z.boolean().optional(),
    }),
    z.strictObject({
      kind: z.literal('failed'),
      operator: Id,
      environment: Id,
      generation: z.int(),
      findings: z.array(Finding).max(50),
    }),
    z.strictObject({
      kind: z.literal('drift-repaired'),
      operator: Id,
      environment: Id,
      generation: z.int(),
      unit: z.string(),
      what: z.enum(['started-again', 'stopped-again', 'configured-again']),
    }),
  ]),
  reply: z.object({}),
  refusals: ['environment-unknown', 'host-differs'],
});

/** One key of the bucket DESIRED: `<host>.<environment>`. Names of secrets only; written by provisioning's reconciler. */
export const DesiredState = z.object({
  operator: Id,
  environment: Id,
  deployment: Id,
  generation: z.int().positive(),
  /** What was configured for this generation or a later one is configured as this one wants it. Missing: `generation`. */
  configuredSince: z.int().positive().optional(),
  epoch: z.int().nonnegative(),
  want: Want,
  application: z.string().nullable(),
  version: z.string().nullable(),
  digest: z.string().nullable(),
  amounts: Amounts,
  /** Missing: null. */
  forward: Forward.nullable().optional(),
});
export type DesiredState = z.infer<typeof DesiredState>;
