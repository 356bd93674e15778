import type { Job, JobResult, reportJobOutcome } from '@freehold/deployment-contract';
import type { BodyOf, Finding } from '@freehold/kernel';
import { log } from '@freehold/platform';
import { setTimeout as pause } from 'node:timers/promises';
import type { ProvisioningClient } from '../host/provisioning-client.js';
import type { Journal } from '../journal/journal.js';
import { type Hands, prepare, runFirstAdmin } from '../reconciler/executor.js';
import { findingOf, GivenUp, NotAnswered } from '../reconciler/failures.js';
import { runPackageHook } from '../moves/hooks.js';
import type { MoveJobs } from '../moves/move-jobs.js';
import type { Reconciler } from '../reconciler/reconciler.js';

type HookWork = Extract<Job['work'], { kind: 'run-hook' }>;
export type JobOutcome = BodyOf<typeof reportJobOutcome>['outcome'];

export interface JobRunnerOptions {
  readonly hands: Hands;
  readonly journal: Journal;
  readonly reconciler: Pick<Reconciler, 'lane'>;
  readonly provisioning: Pick<ProvisioningClient, 'jobOutcome'>;
  readonly moves: Pick<MoveJobs, 'run'>;
  /** Told while a release is installed, or state is moved. */
  readonly activity: (job: Job, text: string | null) => void;
  /** How long a hook waits until its environment runs. */
  readonly environmentWaitMs: number;
  readonly retryMs: number;
}

/**
 * Does a job once. Its result is in the journal before anybody hears of it, and a repeat is answered from there; one that
 * comes while it is being done, for the queue has heard nothing of this host for a while, waits for it. A crash before that
 * does it again, which its parts bear.
 */
export class JobRunner {
  readonly #atWork = new Map<string, Promise<JobOutcome>>();

  constructor(private readonly options: JobRunnerOptions) {}

  /** Resolves when the outcome was reported and answered. `signal`: the agent ends; the job comes again. */
  async run(job: Job, signal: AbortSignal): Promise<void> {
    const { journal } = this.options;
    const known = journal.jobResult(job.id);
    const outcome = known === undefined ? await this.#once(job, signal) : (known.answer as JobOutcome);
    await this.#untilAnswered(signal, () => this.options.provisioning.jobOutcome({ job, outcome }));
  }

  #once(job: Job, signal: AbortSignal): Promise<JobOutcome> {
    const atWork =
      this.#atWork.get(job.id) ?? this.#doAndRecord(job, signal).finally(() => this.#atWork.delete(job.id));
    this.#atWork.set(job.id, atWork);
    return atWork;
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
    if (seen !== undefined && job.epoch < seen.epoch && !OUTLIVES_TENURE.has(job.work.kind))
      return failed(epochOutdated(seen.epoch));
    try {
      const result = await this.#untilAnswered(signal, () => this.#work(job, signal));
      return result === undefined ? { kind: 'succeeded' } : { kind: 'succeeded', result };
    } catch (error) {
      signal.throwIfAborted();
      log().warn({ err: error, job: job.id, kind: job.work.kind }, 'a job failed');
      return failed(...(error instanceof GivenUp ? error.findings : [findingOf(error)]));
    }
  }

  /** A move's result; undefined where there is nothing to say but that it is done. */
  async #work(job: Job, signal: AbortSignal): Promise<JobResult | undefined> {
    const { hands, activity, moves } = this.options;
    const { work } = job;
    const tell = (text: string | null) => activity(job, text);
    switch (work.kind) {
      case 'prepare-release':
        return void (await prepare(hands, work, tell));
      case 'run-hook':
        await this.#hook(job, work, signal);
        return undefined;
      case 'copy-state':
      case 'capture-state':
      case 'restore-state':
      case 'erase-move':
        return moves.run({ job, work, tell, signal });
    }
  }

  /** Hooks of moves run where it is closed, too. */
  async #hook(job: Job, { hook, generation }: HookWork, signal: AbortSignal): Promise<void> {
    const { hands } = this.options;
    const until = performance.now() + this.options.environmentWaitMs;
    for (;;) {
      const lane = this.options.reconciler.lane(job.environment);
      const desired = lane?.desired;
      const wants = hook === 'first-admin' ? ['running'] : ['running', 'closed'];
      const runs = lane?.holds === true && desired !== undefined && wants.includes(desired.want);
      if (runs && desired.generation >= generation) {
        return lane.exclusively(() =>
          hook === 'first-admin'
            ? runFirstAdmin(hands, { desired, activity: () => undefined })
            : runPackageHook(hands, desired, hook),
        );
      }
      if (performance.now() > until) throw new GivenUp([notRunning]);
      await pause(this.options.retryMs);
      signal.throwIfAborted();
    }
  }

  /** The same again while nobody answers. */
  async #untilAnswered<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
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

/** Of a move's own folder only: also when the lineage has come back under a later epoch meanwhile. */
const OUTLIVES_TENURE: ReadonlySet<Job['work']['kind']> = new Set(['erase-move']);

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
