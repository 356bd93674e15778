/**
 * The thing that a deployment runs on. Its desired state has a generation; the agent answers which generation it has
 * made true, or given up. Whoever changes it says which revision of the deployment that follows from: what is older
 * than the last is passed over, so that late and repeated commands change nothing. A later revision that wants what is
 * wanted already is recorded too, under the same generation: else what was asked for in between could still come.
 *
 *     none ──request──► requested ──desire(n)──► … ──observed(n) / failed(n)──► … ──observed(absent)──► removed
 *
 * Desiring `absent` before it was requested leaves a mark that refuses the request when it comes late, and holds at once.
 */
import { accepted, refused, type Decider, type Decision } from '@freehold/decider';
import type { Finding } from '@freehold/kernel';
import type {
  Amounts,
  EnvironmentConfiguration,
  EnvironmentEvent,
  Forward,
  Want,
} from '@freehold/provisioning-contract';
import { isDeepStrictEqual } from 'node:util';
import * as findings from './environment.findings.js';

export interface Desired {
  generation: number;
  revision: number;
  /** Orders what follows from one revision; missing: 0. */
  turn?: number | undefined;
  epoch: number;
  want: Want;
  configuration: EnvironmentConfiguration | null;
  /** Missing: null. */
  forward?: Forward | null | undefined;
}
export interface Place {
  deployment: string;
  host: string;
  amounts: Amounts;
}
/** `place` null: never requested. `desired` null: nothing asked yet. */
export interface Environment {
  place: Place | null;
  desired: Desired | null;
  /** The generation with which the configuration became what is desired now; 0: nothing asked yet. */
  configuredSince: number;
  observedGeneration: number;
  state: Want | null;
  failedGeneration: number;
}

export type EnvironmentCommand =
  | ({ type: 'request' } & Place)
  | ({ type: 'desire' } & Omit<Desired, 'generation'>)
  | {
      type: 'observe';
      host: string;
      generation: number;
      state: Want;
      identity: IdentityJson;
      served?: boolean | undefined;
    }
  | { type: 'fail'; host: string; generation: number; findings: Finding[] }
  | { type: 'repair'; host: string; generation: number; unit: string; what: Repair };
type IdentityJson = Extract<EnvironmentEvent, { type: 'provisioning.environment-observed.v1' }>['data']['identity'];
type Repair = Extract<EnvironmentEvent, { type: 'provisioning.drift-repaired.v1' }>['data']['what'];

const evolve = (environment: Environment, event: EnvironmentEvent): Environment => {
  switch (event.type) {
    case 'provisioning.environment-requested.v1': {
      const { deployment, host, amounts } = event.data;
      return { ...environment, place: { deployment, host, amounts } };
    }
    case 'provisioning.environment-desired.v1':
      return { ...environment, desired: event.data, configuredSince: configuredSince(environment, event.data) };
    case 'provisioning.environment-observed.v1':
      return { ...environment, observedGeneration: event.data.generation, state: event.data.state };
    case 'provisioning.environment-failed.v1':
      return { ...environment, failedGeneration: event.data.generation };
    case 'provisioning.drift-repaired.v1':
      return environment;
  }
};

function configuredSince({ desired, configuredSince: since }: Environment, next: Desired): number {
  return desired !== null && isDeepStrictEqual(desired.configuration, next.configuration) ? since : next.generation;
}

const decide = (command: EnvironmentCommand, environment: Environment): Decision<EnvironmentEvent> => {
  switch (command.type) {
    case 'request':
      return request(command, environment);
    case 'desire':
      return desire(command, environment);
    case 'observe':
    case 'fail':
    case 'repair':
      return report(command, environment);
  }
};

const isRemoved = ({ desired }: Environment): boolean => desired?.want === 'absent';

const request = (
  { deployment, host, amounts }: Extract<EnvironmentCommand, { type: 'request' }>,
  environment: Environment,
): Decision<EnvironmentEvent> => {
  const place = { deployment, host, amounts };
  if (isRemoved(environment)) return refused(findings.alreadyRemoved);
  if (environment.place === null) return accepted({ type: 'provisioning.environment-requested.v1', data: place });
  return isDeepStrictEqual(environment.place, place) ? accepted() : refused(findings.environmentDiffers);
};

/** What makes a generation another one. */
const contentOf = ({
  want,
  epoch,
  configuration,
  forward = null,
}: Omit<Desired, 'generation' | 'revision' | 'turn'>) => ({
  ...{ want, epoch, configuration },
  ...(forward === null ? {} : { forward }),
});

type Order = Pick<Desired, 'revision' | 'turn'>;
const isBefore = (one: Order, other: Order): boolean =>
  one.revision < other.revision || (one.revision === other.revision && (one.turn ?? 0) < (other.turn ?? 0));

const desire = (
  { revision, turn, epoch, want, configuration, forward }: Extract<EnvironmentCommand, { type: 'desire' }>,
  environment: Environment,
): Decision<EnvironmentEvent> => {
  const last = environment.desired;
  if (want !== 'absent') {
    if (isRemoved(environment)) return refused(findings.alreadyRemoved);
    if (environment.place === null) return refused(findings.environmentUnknown);
  }
  if (last !== null && epoch < last.epoch) return refused(findings.epochTooLow);
  if (last !== null && want !== 'absent' && isBefore({ revision, turn }, last)) return accepted();
  const next = contentOf({ want, epoch, configuration, forward });
  const isSame = last !== null && isDeepStrictEqual(contentOf(last), next);
  if (isSame && (want === 'absent' || !isBefore(last, { revision, turn }))) return accepted();
  const generation = (last?.generation ?? 0) + (isSame ? 0 : 1);
  const desired: EnvironmentEvent = {
    type: 'provisioning.environment-desired.v1',
    data: { generation, revision, ...(turn === undefined ? {} : { turn }), ...next },
  };
  if (environment.place !== null) return accepted<EnvironmentEvent>(desired);
  const gone: EnvironmentEvent = {
    type: 'provisioning.environment-observed.v1',
    data: { generation, state: 'absent', identity: null },
  };
  return accepted<EnvironmentEvent>(desired, gone);
};

/** Reports of an agent: only from the environment's own host, and never about a generation that was not asked for. */
const report = (
  command: Extract<EnvironmentCommand, { type: 'observe' | 'fail' | 'repair' }>,
  { place, desired, observedGeneration, failedGeneration }: Environment,
): Decision<EnvironmentEvent> => {
  const { generation } = command;
  if (place === null || desired === null || generation < 1 || generation > desired.generation) {
    return refused(findings.environmentUnknown);
  }
  if (place.host !== command.host) return refused(findings.hostDiffers);
  switch (command.type) {
    case 'observe': {
      const { state, identity, served } = command;
      const data = { generation, state, identity, ...(served === undefined ? {} : { served }) };
      return generation <= observedGeneration
        ? accepted()
        : accepted({ type: 'provisioning.environment-observed.v1', data });
    }
    case 'fail':
      return generation <= Math.max(failedGeneration, observedGeneration)
        ? accepted()
        : accepted({ type: 'provisioning.environment-failed.v1', data: { generation, findings: command.findings } });
    case 'repair': {
      const { unit, what } = command;
      return accepted({ type: 'provisioning.drift-repaired.v1', data: { generation, unit, what } });
    }
  }
};

export const environmentDecider: Decider<Environment, EnvironmentCommand, EnvironmentEvent> = {
  initialState: () => ({
    place: null,
    desired: null,
    configuredSince: 0,
    observedGeneration: 0,
    state: null,
    failedGeneration: 0,
  }),
  evolve,
  decide,
};
