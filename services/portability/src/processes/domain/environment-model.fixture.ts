/**
 * An environment as far as a move can tell: it follows services/provisioning (environment/domain/environment) in what it
 * passes over and refuses. `actual` is not of the log: it is what the agent has really made, which is what counts for
 * whether two copies of one application run.
 */
import { accepted, type Decider, type Decision, refused } from '@freehold/decider';
import type { EnvironmentEvent, Want } from '@freehold/provisioning-contract';
import { finding } from './findings.fixture.js';

interface Desired {
  generation: number;
  revision: number;
  turn?: number | undefined;
  epoch: number;
  want: Want;
}
export interface EnvironmentModel {
  isPlaced: boolean;
  desired: Desired | null;
  observedGeneration: number;
  failedGeneration: number;
}
export type EnvironmentModelCommand =
  | ({ type: 'request' } & Place)
  | ({ type: 'desire' } & Omit<Desired, 'generation'>)
  | { type: 'observe'; generation: number; state: Want }
  | { type: 'fail'; generation: number };
type Place = Extract<EnvironmentEvent, { type: 'provisioning.environment-requested.v1' }>['data'];

function evolve(state: EnvironmentModel, { type, data }: EnvironmentEvent): EnvironmentModel {
  if (type === 'provisioning.environment-requested.v1') return { ...state, isPlaced: true };
  if (type === 'provisioning.environment-desired.v1') {
    const { generation, revision, turn, epoch, want } = data;
    return { ...state, desired: { generation, revision, turn, epoch, want } };
  }
  if (type === 'provisioning.environment-observed.v1') return { ...state, observedGeneration: data.generation };
  if (type === 'provisioning.environment-failed.v1') return { ...state, failedGeneration: data.generation };
  return state;
}

function decide(command: EnvironmentModelCommand, state: EnvironmentModel): Decision<EnvironmentEvent> {
  switch (command.type) {
    case 'request': {
      const { type: _type, ...data } = command;
      if (state.desired?.want === 'absent') return refused(finding('environment-already-removed'));
      return state.isPlaced ? accepted() : accepted({ type: 'provisioning.environment-requested.v1', data });
    }
    case 'desire':
      return desire(command, state);
    case 'observe': {
      const { generation, state: seen } = command;
      if (generation <= state.observedGeneration) return accepted();
      const data = { generation, state: seen, identity: null };
      return accepted({ type: 'provisioning.environment-observed.v1', data });
    }
    case 'fail': {
      const { generation } = command;
      if (generation <= Math.max(state.failedGeneration, state.observedGeneration)) return accepted();
      return accepted({
        type: 'provisioning.environment-failed.v1',
        data: { generation, findings: [finding('failed')] },
      });
    }
  }
}

type Order = Pick<Desired, 'revision' | 'turn'>;
const isBefore = (one: Order, other: Order): boolean =>
  one.revision < other.revision || (one.revision === other.revision && (one.turn ?? 0) < (other.turn ?? 0));

function desire(asked: Desire, { isPlaced, desired: last }: EnvironmentModel): Decision<EnvironmentEvent> {
  const { want, epoch } = asked;
  if (want !== 'absent' && last?.want === 'absent') return refused(finding('environment-already-removed'));
  if (want !== 'absent' && !isPlaced) return refused(finding('environment-unknown'));
  if (last !== null && epoch < last.epoch) return refused(finding('epoch-too-low'));
  if (last !== null && isPassedOver(asked, last)) return accepted();
  const generation = (last?.generation ?? 0) + (last !== null && isSame(asked, last) ? 0 : 1);
  const { revision, turn } = asked;
  const data = { generation, revision, ...(turn === undefined ? {} : { turn }), want, epoch, configuration: null };
  const desired: EnvironmentEvent = { type: 'provisioning.environment-desired.v1', data };
  if (isPlaced) return accepted(desired);
  const gone = { generation, state: 'absent', identity: null } as const;
  return accepted<EnvironmentEvent>(desired, { type: 'provisioning.environment-observed.v1', data: gone });
}

type Desire = Extract<EnvironmentModelCommand, { type: 'desire' }>;
const isSame = ({ want, epoch }: Desire, last: Desired): boolean => last.want === want && last.epoch === epoch;

/** What is older, and what changes neither what is wanted nor since when. */
const isPassedOver = (asked: Desire, last: Desired): boolean =>
  asked.want === 'absent'
    ? isSame(asked, last)
    : isBefore(asked, last) || (isSame(asked, last) && !isBefore(last, asked));

export const environmentModel: Decider<EnvironmentModel, EnvironmentModelCommand, EnvironmentEvent> = {
  initialState: () => ({ isPlaced: false, desired: null, observedGeneration: 0, failedGeneration: 0 }),
  evolve,
  decide,
};
