/**
 * A deployment as far as a move can tell. It follows services/deployment (domain/deployment.decide and
 * deployment-move.decide) rule by rule, because no context imports another: a change there is a change here.
 */
import { accepted, acceptedUnless, type Decider, type Decision, refused } from '@freehold/decider';
import type { DeploymentEvent } from '@freehold/deployment-contract';
import { finding } from './findings.fixture.js';

type Data<Type extends DeploymentEvent['type']> = Extract<DeploymentEvent, { type: Type }>['data'];

export interface DeploymentModel {
  status: 'none' | 'undone' | 'ordered' | 'live' | 'sealed' | 'left';
  hasDocuments: boolean;
  isBound: boolean;
  isInstalled: boolean;
  epoch: number;
  departure: string | null;
  leftEpoch: number;
  reopened: readonly string[];
}
export type DeploymentModelCommand =
  | { type: 'order'; order: Data<'deployment.deployment-ordered.v1'> }
  | { type: 'undo-order' | 'bind-resources' | 'receive-documents' | 'record-live' }
  | { type: 'record-job'; job: string; work: string; result: Data<'deployment.job-done.v1'>['result'] | undefined }
  | { type: 'take-tenure'; epoch: number }
  | MoveCommand;
type MoveCommand =
  | { type: 'seal' | 'reopen'; departure: string }
  | { type: 'leave'; departure: string; to: string }
  | { type: 'take-back'; departure: string; epoch: number };

const NONE: DeploymentModel = {
  ...{ status: 'none', hasDocuments: false, isBound: false, isInstalled: false },
  ...{ epoch: 0, departure: null, leftEpoch: 0, reopened: [] },
};

function evolve(state: DeploymentModel, { type, data }: DeploymentEvent): DeploymentModel {
  if (type === 'deployment.deployment-ordered.v1') return { ...state, status: 'ordered' };
  if (type === 'deployment.order-undone.v1') return { ...NONE, status: 'undone' };
  if (type === 'deployment.resources-bound.v1') return { ...state, isBound: true };
  if (type === 'deployment.documents-received.v1') return { ...state, hasDocuments: true };
  if (type === 'deployment.release-installed.v1') return { ...state, isInstalled: true };
  if (type === 'deployment.tenure-taken.v1') return { ...state, epoch: data.epoch };
  if (type === 'deployment.went-live.v1') return { ...state, status: 'live' };
  if (type === 'deployment.deployment-sealed.v1') return { ...state, status: 'sealed', departure: data.departure };
  if (type === 'deployment.deployment-left.v1') return { ...state, status: 'left', leftEpoch: data.epoch };
  const back = { status: 'live', departure: null } as const;
  if (type === 'deployment.deployment-reopened.v1') {
    const reopened = [...state.reopened, data.departure];
    const isItsSeal = state.status === 'sealed' && state.departure === data.departure;
    return isItsSeal ? { ...state, ...back, reopened } : { ...state, reopened };
  }
  if (type === 'deployment.deployment-taken-back.v1') {
    return { ...state, ...back, epoch: data.epoch, reopened: [...state.reopened, data.departure] };
  }
  return state;
}

function decide(command: DeploymentModelCommand, state: DeploymentModel): Decision<DeploymentEvent> {
  const { status } = state;
  if (command.type === 'order') return order(command, state);
  if (command.type === 'undo-order') {
    return status === 'undone' ? accepted() : accepted({ type: 'deployment.order-undone.v1', data: {} });
  }
  if (status === 'none' || status === 'undone') return refused(finding('order-already-undone'));
  switch (command.type) {
    case 'bind-resources':
      return once(state.isBound, { type: 'deployment.resources-bound.v1', data: { host: 'this-host' } });
    case 'receive-documents':
      return once(status !== 'ordered' || state.hasDocuments, received);
    case 'record-job':
      return recordJob(command);
    case 'take-tenure':
      return takeTenure(command.epoch, state);
    case 'record-live':
      if (status !== 'ordered') return accepted();
      return acceptedUnless(state.epoch === 0 ? [finding('tenure-missing')] : [], {
        type: 'deployment.went-live.v1',
        data: { generation: 1, identity: null },
      });
    case 'seal':
    case 'reopen':
    case 'leave':
    case 'take-back':
      return decideMove(command, state);
  }
}

const received: DeploymentEvent = {
  type: 'deployment.documents-received.v1',
  data: { settings: {}, secretSettings: [], secrets: ['key'], hasFirstAdministrator: true },
};

const once = (isDone: boolean, event: DeploymentEvent): Decision<DeploymentEvent> =>
  isDone ? accepted() : accepted(event);

function order(
  { order: data }: Extract<DeploymentModelCommand, { type: 'order' }>,
  { status }: DeploymentModel,
): Decision<DeploymentEvent> {
  if (status === 'undone') return refused(finding('order-already-undone'));
  return once(status !== 'none', { type: 'deployment.deployment-ordered.v1', data });
}

function recordJob({
  job,
  work,
  result,
}: Extract<DeploymentModelCommand, { type: 'record-job' }>): Decision<DeploymentEvent> {
  if (result === undefined) {
    return accepted({ type: 'deployment.job-failed.v1', data: { job, findings: [finding('job-failed')] } });
  }
  if (work === 'prepare-release')
    return accepted({ type: 'deployment.release-installed.v1', data: { job, digest: 'd' } });
  return accepted({ type: 'deployment.job-done.v1', data: { job, result } });
}

function takeTenure(epoch: number, state: DeploymentModel): Decision<DeploymentEvent> {
  if (state.epoch === epoch) return accepted();
  return acceptedUnless(
    [
      ...(state.hasDocuments ? [] : [finding('secrets-missing')]),
      ...(state.isBound ? [] : [finding('resources-missing')]),
      ...(state.isInstalled ? [] : [finding('release-missing')]),
      ...(epoch <= state.epoch ? [finding('epoch-too-low')] : []),
    ],
    { type: 'deployment.tenure-taken.v1', data: { epoch, handover: null } },
  );
}

function decideMove(command: MoveCommand, state: DeploymentModel): Decision<DeploymentEvent> {
  const { departure } = command;
  const wasReopened = state.reopened.includes(departure);
  const isItsOwn = state.departure === departure;
  switch (command.type) {
    case 'seal':
      if (wasReopened) return refused(finding('already-reopened'));
      if (isItsOwn) return accepted();
      if (state.status !== 'live') return refused(finding('deployment-not-live'));
      return accepted({ type: 'deployment.deployment-sealed.v1', data: { departure, epoch: state.epoch } });
    case 'reopen':
      if (wasReopened) return accepted();
      if (state.status === 'left' && isItsOwn) return refused(finding('deployment-left'));
      return accepted({ type: 'deployment.deployment-reopened.v1', data: { departure } });
    case 'leave': {
      if (wasReopened) return refused(finding('already-reopened'));
      if (state.status === 'left' && isItsOwn) return accepted();
      if (state.status !== 'sealed' || !isItsOwn) return refused(finding('deployment-not-sealed'));
      const data = { departure, epoch: state.epoch + 1, to: command.to };
      return accepted({ type: 'deployment.deployment-left.v1', data });
    }
    case 'take-back':
      return wasReopened ? accepted() : takeBack(command, state);
  }
}

function takeBack(
  { departure, epoch }: Extract<MoveCommand, { type: 'take-back' }>,
  state: DeploymentModel,
): Decision<DeploymentEvent> {
  const isItsOwn = state.departure === departure;
  if (state.status === 'sealed' && isItsOwn)
    return accepted({ type: 'deployment.deployment-reopened.v1', data: { departure } });
  if (state.status !== 'left' || !isItsOwn) return refused(finding('deployment-not-left'));
  if (epoch <= state.leftEpoch) return refused(finding('epoch-too-low'));
  return accepted({ type: 'deployment.deployment-taken-back.v1', data: { departure, epoch } });
}

export const deploymentModel: Decider<DeploymentModel, DeploymentModelCommand, DeploymentEvent> = {
  initialState: () => NONE,
  evolve,
  decide,
};
