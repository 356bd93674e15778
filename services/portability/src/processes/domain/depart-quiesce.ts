/** What an application is asked before it is stopped to be captured, while it still runs: to put on disk what it holds in memory. */
import { job, skip } from '@freehold/process';
import { jobEnds } from './await-events.js';

const TIMEOUT_MS = 60 * 60_000;
/** Whichever it runs at: nothing has changed it since it was sealed. */
const ANY_GENERATION = 1;

interface Departing {
  operator: string;
  input: { host: string; deployment: string; environment: string; epoch: number; quiesces: boolean };
}

export function quiesceIfAny({ operator, input }: Departing) {
  const { host, deployment, environment, epoch, quiesces } = input;
  if (!quiesces) return skip('its package has no hook for this');
  return job({
    ...{ host, deployment },
    job: {
      ...{ operator, deployment, environment, epoch },
      work: { kind: 'run-hook', hook: 'quiesce', generation: ANY_GENERATION },
    },
    until: ({ commandId }) => jobEnds({ job: commandId, operator, deployment, timeoutMs: TIMEOUT_MS }),
  });
}
