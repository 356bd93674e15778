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

export const decideMove = (command: MoveCommand, deployment: Deployment): Decision<DeploymentEvent> => {
  if (!('order' in deployment)) return refused(findings.notLive);
  const { departure } = command;
  const wasReopened = deployment.reopened.includes(departure);
  const isItsOwn = 'departure' in deployment && deployment.departure === departure;
  switch (command.type) {
    case 'seal': {
      if (wasReopened) return refused(findings.alreadyReopened);
      if (isItsOwn) return accepted();
      if (deployment.status === 'sealed') return refused(findings.sealed);
      if (deployment.status !== 'live' || !deployment.hasFirstAdministrator) return refused(findings.notLive);
      const { epoch } = deployment.prepared;
      return accepted({ type: 'deployment.deployment-sealed.v1', data: { departure, epoch } });
    }
    case 'reopen':
      if (wasReopened) return accepted();
      if (deployment.status === 'left' && isItsOwn) return refused(findings.left);
      return accepted({ type: 'deployment.deployment-reopened.v1', data: { departure } });
    case 'leave': {
      if (wasReopened) return refused(findings.alreadyReopened);
      if (deployment.status === 'left' && isItsOwn) return accepted();
      if (deployment.status !== 'sealed' || !isItsOwn) return refused(findings.notSealed);
      const epoch = deployment.prepared.epoch + 1;
      return accepted({ type: 'deployment.deployment-left.v1', data: { departure, epoch, to: command.to } });
    }
    case 'take-back': {
      if (wasReopened) return accepted();
      if (deployment.status === 'sealed' && isItsOwn) return accepted(); // it never left: its seal is broken by a reopen
      if (deployment.status !== 'left' || !isItsOwn) return refused(findings.notLeft);
      const { epoch } = command;
      if (epoch <= deployment.epoch) return refused(findings.epochTooLow);
      return accepted({ type: 'deployment.deployment-taken-back.v1', data: { departure, epoch } });
    }
  }
};
