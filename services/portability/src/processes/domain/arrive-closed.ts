/**
 * What an arrival does before it is reachable: it is started closed, what its package wants done after a restore is done,
 * and it is compared with what the source had. On a host that cannot close nothing is started before it opens, and only
 * its state is compared; an arrival with something to be done is refused for such a host, at the border.
 */
import { type arrivingConfiguration, RestoreResult } from '@freehold/deployment-contract';
import type { ReplyOf } from '@freehold/kernel';
import { verifyArrival } from '@freehold/portability-contract';
import { command, type Json, skip } from '@freehold/process';
import { desireEnvironment } from '@freehold/provisioning-contract';
import { z } from 'zod';
import { agentJob } from './arrive-jobs.js';
import { type Desired, environmentReaches } from './await-events.js';

const TIMEOUT_MS = 15 * 60_000;
const CANNOT_CLOSE = 'the host cannot close it; it is started when it opens';

interface Arriving {
  operator: string;
  input: { arrival: string; deployment: string; environment: string; epoch: number; closes: boolean };
}

export function startIfItCloses({
  operator,
  input: { environment, epoch, closes },
  outputs: { describe },
}: Arriving & { outputs: { describe: ReplyOf<typeof arrivingConfiguration> } }) {
  if (!closes) return skip(CANNOT_CLOSE);
  return command({
    operation: desireEnvironment,
    params: { operator },
    body: { environment, ...describe, epoch, want: 'closed' },
    until: ({ reply }: Desired) => environmentReaches({ operator, environment, ...reply, timeoutMs: TIMEOUT_MS }),
  });
}

/** What starting it closed has told; none: it was skipped. */
const Started = z.object({ generation: z.int(), identity: z.json() });

interface Restored {
  readonly restore: Json;
  readonly 'start-closed': Json;
}

export function afterRestoreIfDue({
  operator,
  input,
  outputs,
}: Arriving & { outputs: Restored & { readonly 'reserve-capacity': { host: string } } }) {
  if (RestoreResult.parse(outputs.restore).afterRestore !== 'due') return skip('nothing is due after its restore');
  const started = Started.safeParse(outputs['start-closed']);
  if (!started.success) return skip(CANNOT_CLOSE);
  const { host } = outputs['reserve-capacity'];
  const { generation } = started.data;
  return agentJob({ operator, input, host }, { kind: 'run-hook', hook: 'after-restore', generation });
}

export function compareWithSource({ operator, input: { arrival }, outputs }: Arriving & { outputs: Restored }) {
  const started = Started.safeParse(outputs['start-closed']);
  return command({
    operation: verifyArrival,
    params: { operator },
    body: {
      ...{ arrival, restored: RestoreResult.parse(outputs.restore) },
      ...{ identity: started.data?.identity ?? null, closed: started.success },
    },
  });
}
