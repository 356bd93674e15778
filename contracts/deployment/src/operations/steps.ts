import { Finding, Id, Instant, operation, OperatorParams } from '@freehold/kernel';
import { z } from 'zod';
import { NamedPurpose } from '../events/deployment.events.js';
import { Job, JobResult } from './jobs.js';

/** The commands of processes' steps to this context's own aggregates. Not on HTTP. */
const step = {
  kind: 'command',
  permission: 'process:act',
  scope: 'operator',
  params: OperatorParams,
  since: '0.1.0',
} as const;
const One = z.strictObject({ deployment: Id });
const DONE = z.object({});

export const createDeployment = operation({
  ...step,
  id: 'deployment.create-deployment',
  summary: 'Makes the deployment of an order.',
  body: z.strictObject({
    deployment: Id,
    lineage: Id,
    application: z.string(),
    version: z.string(),
    digest: z.string(),
    plan: z.string(),
    environment: Id,
    names: z.array(NamedPurpose),
    settings: z.record(z.string(), z.json()),
    secretSettings: z.array(z.string()),
  }),
  reply: DONE,
  refusals: ['order-already-undone', 'deployment-differs'],
});
export const undoOrder = operation({
  ...step,
  id: 'deployment.undo-order',
  summary: 'Marks an order as undone.',
  body: One,
  reply: DONE,
  refusals: [],
});
/** Makes the secrets that the package declares, in the vault, once. */
export const prepareSecrets = operation({
  ...step,
  id: 'deployment.prepare-secrets',
  summary: 'Makes the secrets of a deployment.',
  body: One,
  reply: z.object({ names: z.array(z.string()) }),
  refusals: ['order-already-undone'],
});
export const shredSecrets = operation({
  ...step,
  id: 'deployment.shred-secrets',
  summary: 'Erases the secrets of a deployment.',
  body: One,
  reply: DONE,
  refusals: [],
});
const Lineage = z.strictObject({ lineage: Id, deployment: Id });
export const claimTenure = operation({
  ...step,
  id: 'deployment.claim-tenure',
  summary: 'Claims a lineage for a deployment of this cell.',
  body: Lineage,
  reply: DONE,
  refusals: ['tenure-held', 'tenure-already-freed'],
});
export const freeTenure = operation({
  ...step,
  id: 'deployment.free-tenure',
  summary: 'Frees the lineage.',
  body: Lineage,
  reply: DONE,
  refusals: [],
});
export const bindResources = operation({
  ...step,
  id: 'deployment.bind-resources',
  summary: 'The environment and the names are there.',
  body: One.extend({ host: z.string() }),
  reply: DONE,
  refusals: ['order-already-undone'],
});
/** The last check before the first start: secrets, state and identity are in place, and nobody else holds the tenure. */
export const takeTenure = operation({
  ...step,
  id: 'deployment.take-tenure',
  summary: 'Takes the tenure before the first start.',
  body: One.extend({ epoch: z.int().positive(), handover: z.json().nullable().default(null) }),
  reply: z.object({ revision: z.number() }),
  refusals: ['order-already-undone', 'secrets-missing', 'resources-missing', 'release-missing', 'epoch-too-low'],
});
export const recordLive = operation({
  ...step,
  id: 'deployment.record-live',
  summary: 'Health and identity were answered.',
  body: One.extend({ generation: z.int(), identity: z.json().nullable() }),
  reply: DONE,
  refusals: ['order-already-undone', 'tenure-missing'],
});
export const beginRetirement = operation({
  ...step,
  id: 'deployment.begin-retirement',
  summary: 'Stops a deployment for good.',
  body: One.extend({ eraseAt: Instant }),
  reply: z.object({ revision: z.number(), epoch: z.number() }),
  refusals: ['deployment-not-live', 'deployment-left', 'deployment-sealed'],
});
export const recordRetired = operation({
  ...step,
  id: 'deployment.record-retired',
  summary: 'Nothing is left.',
  body: One,
  reply: DONE,
  refusals: [],
});

/** An agent's result of a job, as a command; a repeat is answered alike. */
export const reportJobOutcome = operation({
  id: 'deployment.report-job-outcome',
  kind: 'command',
  summary: 'An agent says what became of a job.',
  permission: 'host:act',
  scope: 'host',
  params: z.object({ host: z.string() }),
  body: z.strictObject({
    job: Job,
    outcome: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('succeeded'), result: JobResult.optional() }),
      z.strictObject({ kind: z.literal('failed'), findings: z.array(Finding).max(50) }),
    ]),
  }),
  reply: z.object({}),
  refusals: ['order-already-undone'],
  since: '0.1.0',
});
