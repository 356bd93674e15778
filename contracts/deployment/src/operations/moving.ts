import { Id, operation, OperatorParams, Position } from '@freehold/kernel';
import { EnvironmentConfiguration } from '@freehold/provisioning-contract';
import { z } from 'zod';

/** What a move asks of a deployment, on both sides. The deployment decides; departures and arrivals record. Not on HTTP. */
const step = {
  kind: 'command',
  permission: 'process:act',
  scope: 'operator',
  params: OperatorParams,
  since: '0.2.0',
} as const;
const OfDeparture = z.strictObject({ deployment: Id, departure: Id });

export const NeededProgram = z.object({ name: z.string(), atLeast: z.number() });
export type NeededProgram = z.infer<typeof NeededProgram>;

/** What there is to move, with its names opened. */
export const Movable = z.object({
  deployment: Id,
  lineage: Id,
  application: z.string(),
  version: z.string(),
  digest: z.string(),
  plan: z.string(),
  status: z.string(),
  /** The provider that it has left for; null: it has not. */
  leftFor: z.string().nullable().default(null),
  environment: Id,
  host: z.string().nullable(),
  epoch: z.number(),
  names: z.array(z.object({ purpose: z.string(), id: z.string(), name: z.string() })),
  identity: z.json().nullable(),
  /** What its environment takes of the disk, as seen last; null: not seen yet. */
  sizeBytes: z.number().nullable(),
  /** Programs that a host must have for it with these settings, and the oldest major version that will do. */
  programs: z.array(NeededProgram),
  /** The hooks that its package has. */
  hooks: z.array(z.string()),
});
export type Movable = z.infer<typeof Movable>;

export const movable = operation({
  ...step,
  id: 'deployment.movable',
  kind: 'query',
  summary: 'What there is to move of a deployment.',
  body: z.object({ deployment: Id }),
  reply: Movable,
  refusals: [],
});

/** Stops it for its final copy; from here on it is reopened or has left, whichever is decided first. */
export const sealDeployment = operation({
  ...step,
  id: 'deployment.seal-deployment',
  summary: 'Seals a deployment for its final copy.',
  body: OfDeparture,
  reply: z.object({ revision: z.number(), epoch: z.number(), configuration: EnvironmentConfiguration }),
  refusals: ['deployment-not-live', 'deployment-left', 'deployment-sealed', 'already-reopened'],
});

/** Also when it was never sealed: the mark refuses a seal that comes late. Refused once it has left. */
export const reopenDeployment = operation({
  ...step,
  id: 'deployment.reopen-deployment',
  summary: 'Opens a sealed deployment again.',
  body: OfDeparture,
  reply: z.object({}),
  refusals: ['deployment-not-live', 'deployment-left'],
});

/** The one point of no return: the next epoch belongs to `to`. */
export const leaveDeployment = operation({
  ...step,
  id: 'deployment.leave-deployment',
  summary: 'Passes the tenure on.',
  body: OfDeparture.extend({ to: z.string() }),
  reply: z.object({ revision: z.number(), epoch: z.number(), position: Position }),
  refusals: ['deployment-not-live', 'deployment-not-sealed', 'already-reopened'],
});

/** Undo of leaving, by the target's signed return, which portability has checked; `epoch` is the return's. */
export const takeBackDeployment = operation({
  ...step,
  id: 'deployment.take-back-deployment',
  summary: 'Takes a deployment back that never opened where it went.',
  body: OfDeparture.extend({ epoch: z.int().positive() }),
  reply: z.object({}),
  refusals: ['deployment-not-live', 'deployment-not-left', 'epoch-too-low'],
});

/** The documents of a bag, as an agent found them: the secrets encrypted (age) to this provider. */
export const receiveDocuments = operation({
  id: 'deployment.receive-documents',
  kind: 'command',
  summary: 'Hands the settings and secrets of an arriving deployment over.',
  permission: 'host:act',
  scope: 'host',
  params: z.object({ host: z.string() }),
  body: z.strictObject({ operator: Id, deployment: Id, document: z.json(), secrets: z.string().max(900_000) }),
  reply: z.object({}),
  refusals: ['order-already-undone', 'documents-unreadable', 'setting-refused'],
  since: '0.2.0',
});

/** What an arriving deployment is started with, once its documents are there. */
export const arrivingConfiguration = operation({
  ...step,
  id: 'deployment.arriving-configuration',
  kind: 'query',
  summary: 'The configuration of an arriving deployment.',
  body: z.object({ deployment: Id }),
  reply: z.object({ revision: z.number(), configuration: EnvironmentConfiguration }),
  refusals: ['secrets-missing', 'order-already-undone'],
});
