/** What the steps of an arrival ask of the agent of its host, and of the courier, which speaks to the source. */
import type { ArrivalErrand } from '@freehold/portability-contract';
import { job } from '@freehold/process';
import { COURIER } from './courier-host.js';
import { jobEnds, sourceAnswers } from './await-events.js';

const DAY_MS = 24 * 3_600_000;
const PATIENCE_MS = 30 * DAY_MS;

interface Release {
  application: string;
  version: string;
  digest: string;
}
export const releaseOf = ({ application, version, digest }: Release): Release => ({ application, version, digest });

interface ForAgent {
  operator: string;
  input: { deployment: string; environment: string; epoch: number };
  host: string;
}

export function agentJob({ operator, input, host }: ForAgent, work: Parameters<typeof job>[0]['job']) {
  const { deployment, environment, epoch } = input;
  return job({
    ...{ host, deployment },
    job: { operator, deployment, environment, epoch, work },
    until: ({ commandId }) => jobEnds({ job: commandId, operator, deployment, timeoutMs: 7 * DAY_MS }),
  });
}

/** The queue gives a job its id: that of the attempt, whether it goes forward or back. */
export const courierJob = (asked: Omit<ArrivalErrand, 'id'>) =>
  job({
    host: COURIER,
    deployment: asked.arrival,
    job: asked,
    until: ({ commandId }) =>
      sourceAnswers({ job: commandId, operator: asked.operator, arrival: asked.arrival, timeoutMs: PATIENCE_MS }),
  });
