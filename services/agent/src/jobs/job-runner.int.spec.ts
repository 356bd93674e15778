import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Job } from '@freehold/deployment-contract';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from '../journal/journal.js';
import type { Hands } from '../reconciler/executor.js';
import { type JobOutcome, JobRunner, type JobRunnerOptions } from './job-runner.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freehold-runner-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('does a job once that comes again while it is done, and answers both', async () => {
  let done = 0;
  const ends = Promise.withResolvers<null>();
  const reported: JobOutcome[] = [];
  const options: JobRunnerOptions = {
    hands: {} as Hands, // jobs of moves have hands of their own
    journal: await Journal.open(folder),
    reconciler: { lane: () => undefined },
    provisioning: { jobOutcome: ({ outcome }) => Promise.resolve(void reported.push(outcome)) },
    moves: {
      run: () => {
        done += 1;
        return ends.promise;
      },
    },
    activity: () => undefined,
    ...{ environmentWaitMs: 1_000, retryMs: 10 },
  };
  const runner = new JobRunner(options);
  const { signal } = new AbortController();
  const [first, again] = [runner.run(JOB, signal), runner.run(JOB, signal)];
  ends.resolve(null);
  await Promise.all([first, again]);
  const answer = { kind: 'succeeded', result: null };
  expect(done).toBe(1);
  expect(reported).toEqual([answer, answer]);
});

const JOB = Job.parse({
  ...{ id: randomUUID(), operator: randomUUID(), deployment: randomUUID(), environment: randomUUID(), epoch: 1 },
  work: { kind: 'erase-move', move: randomUUID(), keepDigests: false, history: false },
});
