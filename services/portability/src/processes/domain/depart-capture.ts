/**
 * How what departs comes to rest and is captured. Each of these waits for its host, and for the departure: one that is
 * abandoned, or whose deadline has passed, is undone at once, whatever the host is at.
 */
import { type sealDeployment } from '@freehold/deployment-contract';
import type { ReplyOf } from '@freehold/kernel';
import { command, job, skip } from '@freehold/process';
import { desireEnvironment } from '@freehold/provisioning-contract';
import { type Desired, environmentReaches, jobEnds, unlessAbandoned } from './await-events.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Whichever it runs at: nothing has changed it since it was sealed. */
const ANY_GENERATION = 1;

interface Departing {
  operator: string;
  input: {
    departure: string;
    deployment: string;
    environment: string;
    host: string;
    epoch: number;
    release: { application: string; version: string; digest: string };
    to: { recipient: string };
    quiesces: boolean;
  };
}

/** What an application is asked while it still runs: to put on disk what it holds in memory. */
export function quiesceIfAny(departing: Departing) {
  if (!departing.input.quiesces) return skip('its package has no hook for this');
  const work = { kind: 'run-hook', hook: 'quiesce', generation: ANY_GENERATION };
  return agentJob(departing, work, 60 * MINUTE_MS);
}

export function stop({
  operator,
  input: { environment, departure },
  outputs: { seal },
}: Departing & { outputs: { seal: ReplyOf<typeof sealDeployment> } }) {
  const timeoutMs = 10 * MINUTE_MS;
  return command({
    operation: desireEnvironment,
    params: { operator },
    body: { environment, ...seal, want: 'stopped' },
    until: ({ reply }: Desired) =>
      unlessAbandoned(environmentReaches({ operator, environment, ...reply, timeoutMs }), { operator, departure }),
  });
}

export function capture(departing: Departing & { outputs: { stop: { generation: number } } }) {
  const { departure, release, to } = departing.input;
  const { generation } = departing.outputs.stop;
  const work = { kind: 'capture-state', move: departure, ...release, generation, recipient: to.recipient };
  return agentJob(departing, work, DAY_MS);
}

function agentJob({ operator, input }: Departing, work: { [key: string]: string | number }, timeoutMs: number) {
  const { host, deployment, environment, epoch, departure } = input;
  return job({
    ...{ host, deployment },
    job: { operator, deployment, environment, epoch, work },
    until: ({ commandId }) =>
      unlessAbandoned(jobEnds({ job: commandId, operator, deployment, timeoutMs }), { operator, departure }),
  });
}
