import { Enciphered, event, eventCatalogue, type EventsOf, Finding, Id, Instant } from '@freehold/kernel';
import { z } from 'zod';

/** `id` is the name's id in its subject, `name` the name itself, enciphered. */
export const NamedPurpose = z.object({ purpose: z.string(), id: z.string(), name: Enciphered });

/** An operator's order became a deployment. Personal settings are enciphered, secret ones only named. */
export const deploymentOrdered = event(
  'deployment.deployment-ordered.v1',
  z.object({
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
);
/** Its secrets lie in the vault under the deployment's id; nothing generates a key after this. */
export const secretsPrepared = event('deployment.secrets-prepared.v1', z.object({ names: z.array(z.string()) }));
/** The environment and the names are there and belong to it. */
export const resourcesBound = event('deployment.resources-bound.v1', z.object({ host: z.string() }));
/** The agent's job ended well: the release is on the host, checked by digest. */
export const releaseInstalled = event('deployment.release-installed.v1', z.object({ job: Id, digest: z.string() }));
/** An agent gave a job up, with the reasons; the process that asked for it decides what follows. */
export const jobFailed = event('deployment.job-failed.v1', z.object({ job: Id, findings: z.array(Finding) }));
/** The agent did a job of a move: `result` is what it found, bounded, as the job's kind says; an `identity` in it is enciphered. Whoever waits for the job reads it. */
export const jobDone = event('deployment.job-done.v1', z.object({ job: Id, result: z.json() }));
/** The provider may run this lineage from now on. `handover` is null for an order, which makes the lineage. */
export const tenureTaken = event(
  'deployment.tenure-taken.v1',
  z.object({ epoch: z.int().positive(), handover: z.json().nullable() }),
);
/** Health and identity probe were answered; `identity` is what the world knows it by, enciphered. */
export const wentLive = event(
  'deployment.went-live.v1',
  z.object({ generation: z.int(), identity: z.json().nullable() }),
);
/** The first administrator's account exists in the application; its password lies in the vault. */
export const firstAdministratorMade = event('deployment.first-administrator-made.v1', z.object({ job: Id }));
/** The operator changed settings; the desired state follows. */
export const reconfigured = event(
  'deployment.reconfigured.v1',
  z.object({ settings: z.record(z.string(), z.json()), secretSettings: z.array(z.string()) }),
);
export const suspended = event('deployment.suspended.v1', z.object({}));
export const resumed = event('deployment.resumed.v1', z.object({}));
/** It stops for good; data are kept until `eraseAt`. */
export const retirementBegun = event('deployment.retirement-begun.v1', z.object({ eraseAt: Instant }));
/** Nothing of it is left. */
export const retired = event('deployment.retired.v1', z.object({}));
/** The order was undone, also when it had never got here: the mark that refuses what comes late. */
export const orderUndone = event('deployment.order-undone.v1', z.object({}));

/**
 * An arrival's documents were received: settings and names of secrets as they were at the source. Every secret lies in
 * the vault under this deployment's id already.
 */
export const documentsReceived = event(
  'deployment.documents-received.v1',
  z.object({
    settings: z.record(z.string(), z.json()),
    secretSettings: z.array(z.string()),
    secrets: z.array(z.string()),
    hasFirstAdministrator: z.boolean(),
  }),
);
/** Stopped for its final copy; `departure` may open it again until it has left. */
export const deploymentSealed = event(
  'deployment.deployment-sealed.v1',
  z.object({ departure: Id, epoch: z.int().positive() }),
);
/** The seal was broken by who made it: it runs here again, and the departure has come to nothing. */
export const deploymentReopened = event('deployment.deployment-reopened.v1', z.object({ departure: Id }));
/** The tenure passed: from now on nothing of it starts here. `to` is the provider's origin. */
export const deploymentLeft = event(
  'deployment.deployment-left.v1',
  z.object({ departure: Id, epoch: z.int().positive(), to: z.string() }),
);
/** The tenure came back by a return: the target never opened it. It runs here again, under a higher epoch. */
export const deploymentTakenBack = event(
  'deployment.deployment-taken-back.v1',
  z.object({ departure: Id, epoch: z.int().positive() }),
);

export const deploymentEvents = [
  deploymentOrdered,
  secretsPrepared,
  resourcesBound,
  releaseInstalled,
  jobFailed,
  jobDone,
  tenureTaken,
  wentLive,
  firstAdministratorMade,
  reconfigured,
  suspended,
  resumed,
  retirementBegun,
  retired,
  orderUndone,
  documentsReceived,
  deploymentSealed,
  deploymentReopened,
  deploymentLeft,
  deploymentTakenBack,
] as const;
export type DeploymentEvent = EventsOf<typeof deploymentEvents>;
export const deploymentCatalogue = eventCatalogue({
  context: 'deployment',
  aggregate: 'deployment',
  events: deploymentEvents,
});
