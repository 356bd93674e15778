/**
 * How a deployment leaves. `sealed`, `reopened` and `left` are decided here and nowhere else: whichever comes first wins,
 * and each says whose departure it is, so that what comes late from another one changes nothing.
 */
import { accepted, type Decision, refused } from '@freehold/decider';
import type { DeploymentEvent } from '@freehold/deployment-contract';
import type { DeploymentCommand } from './deployment.commands.js';
import type { Deployment } from './deployment.js';
import * as findings from './deployment.findings.js';

type MoveCommand = Extract<DeploymentCommand, { type: 'seal' | 'reopen' | 'leave' | 'take-back' }>;

type Command<Type extends MoveCommand['type']> = Extract<MoveCommand, { type: Type }>;
type Known = Extract<Deployment, { order: unknown }>;

export const decideMove = (command: MoveCommand, deployment: Deployment): Decision<DeploymentEvent> => {
  if (!('order' in deployment)) return refused(findings.notLive);
  switch (command.type) {
    case 'seal':
      return seal(command, deployment);
    case 'reopen':
      return reopen(command, deployment);
    case 'leave':
      return leave(command, deployment);
    case 'take-back':
      return takeBack(command, deployment);
  }
};

const wasReopened = ({ reopened }: Known, { departure }: MoveCommand): boolean => reopened.includes(departure);
const isIts = (deployment: Known, { departure }: MoveCommand): boolean =>
  'departure' in deployment && deployment.departure === departure;

const seal = (command: Command<'seal'>, deployment: Known): Decision<DeploymentEvent> => {
  const { departure } = command;
  if (wasReopened(deployment, command)) return refused(findings.alreadyReopened);
  if (isIts(deployment, command)) return accepted();
  if (deployment.status === 'sealed') return refused(findings.sealed);
  if (deployment.status === 'left') return refused(findings.leftTo(deployment.to));
  if (deployment.status !== 'live' || !deployment.hasFirstAdministrator) return refused(findings.notLive);
  const { epoch } = deployment.prepared;
  return accepted({ type: 'deployment.deployment-sealed.v1', data: { departure, epoch } });
};

const reopen = (command: Command<'reopen'>, deployment: Known): Decision<DeploymentEvent> => {
  if (wasReopened(deployment, command)) return accepted();
  if (deployment.status === 'left' && isIts(deployment, command)) return refused(findings.leftTo(deployment.to));
  return accepted({ type: 'deployment.deployment-reopened.v1', data: { departure: command.departure } });
};

const leave = (command: Command<'leave'>, deployment: Known): Decision<DeploymentEvent> => {
  const { departure, to } = command;
  if (wasReopened(deployment, command)) return refused(findings.alreadyReopened);
  if (!isIts(deployment, command)) return refused(findings.notSealed);
  if (deployment.status === 'left') return accepted();
  const epoch = deployment.prepared.epoch + 1;
  return accepted({ type: 'deployment.deployment-left.v1', data: { departure, epoch, to } });
};

/** What never left is opened again by it, with the mark that refuses a leave that comes late. */
const takeBack = (command: Command<'take-back'>, deployment: Known): Decision<DeploymentEvent> => {
  const { departure, epoch } = command;
  if (wasReopened(deployment, command)) return accepted();
  if (!isIts(deployment, command)) return refused(findings.notLeft);
  if (deployment.status !== 'left') return accepted({ type: 'deployment.deployment-reopened.v1', data: { departure } });
  if (epoch <= deployment.epoch) return refused(findings.epochTooLow);
  return accepted({ type: 'deployment.deployment-taken-back.v1', data: { departure, epoch } });
};
