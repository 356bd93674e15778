import type { Job, reportJobOutcome } from '@freehold/deployment-contract';
import type { BodyOf, Finding } from '@freehold/kernel';
import { log } from '@freehold/platform';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProvisioningClient } from '../host/provisioning-client.js';
import type { Journal } from '../journal/journal.js';
import { type Hands, prepare, runFirstAdmin } from '../reconciler/executor.js';
import { findingOf, GivenUp, NotAnswered } from '../reconciler/failures.js';
import type { Reconciler } from '../reconciler/reconciler.js';

export type JobOutcome = BodyOf<typeof reportJobOutcome>['outcome'];

export interface JobRunnerOptions {
  readonly hands: Hands;
  readonly journal: Journal;
  readonly reconciler: Pick<Reconciler, 'lane'>;
  readonly provisioning: Pick<ProvisioningClient, 'jobOutcome'>;
  /** Told while a release is installed. */
  readonly activity: (job: Job, text: string | null) => void;
  /** How long a hook waits until its environment runs. */
  readonly environmentWaitMs: number;
  readonly retryMs: number;
}

/**
 * Does a job once. Its result is in the journal before anybody hears of it, and a repeat is answered from there; a crash
 * before that does it again, which its parts bear.
 */
export class JobRunner {
  constructor(private readonly options: JobRunnerOptions) {}

  /** Resolves when the outcome was reported and answered. `signal`: the agent ends; the job comes again. */
  async run(job: Job, signal: AbortSignal): Promise<void> {
    const { journal } = this.options;
    const known = journal.jobResult(job.id);
    const outcome = known === undefined ? await this.#doAndRecord(job, signal) : (known.answer as JobOutcome);
    await this.#untilAnswered(signal, () => this.options.provisioning.jobOutcome({ job, outcome }));
  }

  async #doAndRecord(job: Job, signal: AbortSignal): Promise<JobOutcome> {
    const outcome = await this.#do(job, signal);
    signal.throwIfAborted();
    const kind = outcome.kind === 'succeeded' ? 'done' : 'failed';
    const first = await this.options.journal.recordJob(job.id, { outcome: kind, answer: outcome });
    return first.answer as JobOutcome;
  }

  async #do(job: Job, signal: AbortSignal): Promise<JobOutcome> {
    const seen = this.options.journal.seen(job.environment);
    if (seen !== undefined && job.epoch < seen.epoch) return failed(epochOutdated(seen.epoch));
    try {
      await this.#untilAnswered(signal, () => this.#work(job, signal));
      return { kind: 'succeeded' };
    } catch (error) {
      signal.throwIfAborted();
      log().warn({ err: error, job: job.id, kind: job.work.kind }, 'a job failed');
      return failed(...(error instanceof GivenUp ? error.findings : [findingOf(error)]));
    }
  }

  async #work(job: Job, signal: AbortSignal): Promise<void> {
    const { hands, activity } = this.options;
    switch (job.work.kind) {
      case 'prepare-release':
        return void (await prepare(hands, job.work, (text) => activity(job, text)));
      case 'run-hook':
        return this.#firstAdmin(job, job.work.generation, signal);
    }
  }

  async #firstAdmin(job: Job, generation: number, signal: AbortSignal): Promise<void> {
    const until = performance.now() + this.options.environmentWaitMs;
    for (;;) {
      const lane = this.options.reconciler.lane(job.environment);
      const desired = lane?.desired;
      const runs = lane?.holds === true && desired?.want === 'running' && desired.generation >= generation;
      if (runs)
        return lane.exclusively(() => runFirstAdmin(this.options.hands, { desired, activity: () => undefined }));
      if (performance.now() > until) throw new GivenUp([notRunning]);
      await pause(this.options.retryMs);
      signal.throwIfAborted();
    }
  }

  /** The same again while nobody answers. */
  async #untilAnswered(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof NotAnswered)) throw error;
        log().debug({ err: error }, 'asks again');
      }
      await pause(this.options.retryMs);
      signal.throwIfAborted();
    }
  }
}

const failed = (...findings: readonly Finding[]): JobOutcome => ({
  kind: 'failed',
  findings: findings.slice(0, 50),
});

const epochOutdated = (epoch: number): Finding => ({
  pointer: '/epoch',
  code: 'epoch-outdated',
  detail: `This host has seen tenure epoch ${epoch} of the environment; the job is of an earlier one.`,
  hint: 'The lineage has moved on; look at its history.',
});

const notRunning: Finding = {
  pointer: '/environment',
  code: 'environment-not-running',
  detail: 'The environment did not come to run in time.',
  hint: 'See why with "freehold show", then let the step be tried again.',
};
