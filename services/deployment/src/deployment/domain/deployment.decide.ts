import { accepted, acceptedUnless, type Decider, type Decision, refused } from '@freehold/decider';
import type { DeploymentEvent } from '@freehold/deployment-contract';
import type { Finding } from '@freehold/kernel';
import { isDeepStrictEqual } from 'node:util';
import type { DeploymentCommand } from './deployment.commands.js';
import { decideMove } from './deployment-move.decide.js';
import { type Deployment, evolve, initialState, type Prepared } from './deployment.js';
import * as findings from './deployment.findings.js';

type Command<Type extends DeploymentCommand['type']> = Extract<DeploymentCommand, { type: Type }>;
type Runnable = Extract<Deployment, { prepared: Prepared }> & { status: 'live' | 'suspended' };

const decide = (command: DeploymentCommand, deployment: Deployment): Decision<DeploymentEvent> => {
  switch (command.type) {
    case 'order':
      return order(command, deployment);
    case 'undo-order':
      return deployment.status === 'undone' ? accepted() : accepted({ type: 'deployment.order-undone.v1', data: {} });
    case 'record-secrets':
    case 'bind-resources':
      return record(command, deployment);
    case 'record-job':
      return recordJob(command, deployment);
    case 'take-tenure':
      return takeTenure(command, deployment);
    case 'record-live':
      return recordLive(command, deployment);
    case 'reconfigure':
      return reconfigure(command, deployment);
    case 'suspend':
      return suspend(deployment);
    case 'resume':
      return resume(deployment);
    case 'begin-retirement':
      return beginRetirement(command, deployment);
    case 'record-retired':
      return deployment.status === 'retiring' ? accepted({ type: 'deployment.retired.v1', data: {} }) : accepted();
    case 'receive-documents':
      return receiveDocuments(command, deployment);
    case 'seal':
    case 'reopen':
    case 'leave':
    case 'take-back':
      return decideMove(command, deployment);
  }
};

const order = ({ order: asked }: Command<'order'>, deployment: Deployment): Decision<DeploymentEvent> => {
  if (deployment.status === 'undone' || deployment.status === 'retired') return refused(findings.orderAlreadyUndone);
  if (deployment.status === 'none') return accepted({ type: 'deployment.deployment-ordered.v1', data: asked });
  return isDeepStrictEqual(deployment.order, asked) ? accepted() : refused(findings.deploymentDiffers);
};

/** What a process reports about an order that is still standing; a repeat changes nothing. */
const record = (
  command: Command<'record-secrets' | 'bind-resources'>,
  deployment: Deployment,
): Decision<DeploymentEvent> => {
  if (!('order' in deployment)) return refused(findings.orderAlreadyUndone);
  const { prepared } = deployment;
  switch (command.type) {
    case 'record-secrets':
      return once(prepared.secrets !== null, {
        type: 'deployment.secrets-prepared.v1',
        data: { names: command.names },
      });
    case 'bind-resources':
      return once(prepared.host !== null, { type: 'deployment.resources-bound.v1', data: { host: command.host } });
  }
};

/** Each job has its own event, so that whoever waits for this very job sees its end. */
const recordJob = (
  { job: { id: job, work }, outcome }: Command<'record-job'>,
  deployment: Deployment,
): Decision<DeploymentEvent> => {
  if (!('order' in deployment)) return refused(findings.orderAlreadyUndone);
  if (outcome.kind === 'failed') {
    return accepted({ type: 'deployment.job-failed.v1', data: { job, findings: outcome.findings } });
  }
  switch (work.kind) {
    case 'prepare-release':
      return accepted({ type: 'deployment.release-installed.v1', data: { job, digest: work.digest } });
    case 'run-hook':
      if (work.hook === 'first-admin') {
        return accepted({ type: 'deployment.first-administrator-made.v1', data: { job } });
      }
      return accepted({ type: 'deployment.job-done.v1', data: { job, result: null } });
    case 'copy-state':
    case 'capture-state':
    case 'restore-state':
    case 'erase-move':
      return accepted({ type: 'deployment.job-done.v1', data: { job, result: outcome.result ?? null } });
  }
};

/** As the bag says, once; afterwards they change by the operator's settings only. */
const receiveDocuments = (
  { type: _type, ...documents }: Command<'receive-documents'>,
  deployment: Deployment,
): Decision<DeploymentEvent> => {
  if (!('order' in deployment)) return refused(findings.orderAlreadyUndone);
  if (deployment.status !== 'ordered' || deployment.prepared.epoch > 0) return accepted();
  const event: DeploymentEvent = { type: 'deployment.documents-received.v1', data: documents };
  const same = isDeepStrictEqual(evolve(deployment, event), deployment);
  return same ? accepted() : accepted(event);
};

const once = (isDone: boolean, event: DeploymentEvent): Decision<DeploymentEvent> =>
  isDone ? accepted() : accepted(event);

/** Nothing starts before its secrets, state and identity are in place (rule 2 of the domain). */
const takeTenure = ({ epoch, handover }: Command<'take-tenure'>, deployment: Deployment): Decision<DeploymentEvent> => {
  if (!('order' in deployment)) return refused(findings.orderAlreadyUndone);
  const { prepared } = deployment;
  if (prepared.epoch === epoch) return accepted();
  return acceptedUnless(
    [
      ...(prepared.secrets === null ? [findings.secretsMissing] : []),
      ...(prepared.host === null ? [findings.resourcesMissing] : []),
      ...(prepared.installed ? [] : [findings.releaseMissing]),
      ...(epoch <= prepared.epoch ? [findings.epochTooLow] : []),
    ],
    { type: 'deployment.tenure-taken.v1', data: { epoch, handover } },
  );
};

const recordLive = (
  { generation, identity }: Command<'record-live'>,
  deployment: Deployment,
): Decision<DeploymentEvent> => {
  if (!('order' in deployment)) return refused(findings.orderAlreadyUndone);
  if (deployment.status !== 'ordered') return accepted();
  return acceptedUnless(deployment.prepared.epoch === 0 ? [findings.tenureMissing] : [], {
    type: 'deployment.went-live.v1',
    data: { generation, identity },
  });
};

/** Live or suspended, and its order has ended: what is changed before would be undone with an order that fails. */
const isRunnable = (deployment: Deployment): deployment is Runnable =>
  (deployment.status === 'live' || deployment.status === 'suspended') && deployment.hasFirstAdministrator;

/** Why it cannot be changed now; `otherwise`, unless a move says more. */
export const whyNotNow = (deployment: Deployment, otherwise = findings.notLive): Finding => {
  if (deployment.status === 'left') return findings.leftTo(deployment.to);
  return deployment.status === 'sealed' ? findings.sealed : otherwise;
};

const reconfigure = (
  { settings, secretSettings }: Command<'reconfigure'>,
  deployment: Deployment,
): Decision<DeploymentEvent> => {
  if (!isRunnable(deployment)) return refused(whyNotNow(deployment));
  const { order } = deployment;
  const next = { settings, secretSettings };
  const same = isDeepStrictEqual({ settings: order.settings, secretSettings: order.secretSettings }, next);
  return same ? accepted() : accepted({ type: 'deployment.reconfigured.v1', data: next });
};

const suspend = (deployment: Deployment): Decision<DeploymentEvent> => {
  if (!isRunnable(deployment)) return refused(whyNotNow(deployment));
  return deployment.status === 'live' ? accepted({ type: 'deployment.suspended.v1', data: {} }) : accepted();
};

const resume = (deployment: Deployment): Decision<DeploymentEvent> => {
  if (!isRunnable(deployment)) return refused(whyNotNow(deployment, findings.notSuspended));
  return deployment.status === 'suspended' ? accepted({ type: 'deployment.resumed.v1', data: {} }) : accepted();
};

const beginRetirement = (
  { eraseAt }: Command<'begin-retirement'>,
  deployment: Deployment,
): Decision<DeploymentEvent> => {
  if (deployment.status === 'retiring' || deployment.status === 'retired') return accepted();
  return isRunnable(deployment)
    ? accepted({ type: 'deployment.retirement-begun.v1', data: { eraseAt } })
    : refused(whyNotNow(deployment));
};

export const deploymentDecider: Decider<Deployment, DeploymentCommand, DeploymentEvent> = {
  initialState,
  evolve,
  decide,
};
