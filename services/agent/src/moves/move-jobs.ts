import { BagFailure } from '@freehold/bag';
import type { Job, JobResult } from '@freehold/deployment-contract';
import { StateFailure } from '@freehold/state-parts';
import { OneAtATime } from '../backend/one-at-a-time.js';
import { GivenUp, NotAnswered } from '../reconciler/failures.js';
import { captureState } from './capture-state.js';
import { copyState } from './copy-state.js';
import { moveErased, withDiskNamed } from './move-failures.js';
import type { MoveGround } from './move-work.js';
import { restoreState } from './restore-state.js';

type MoveWork = Extract<Job['work'], { move: string }>;
export interface AnyMoveJob {
  readonly job: Job;
  readonly work: MoveWork;
  readonly tell: (text: string | null) => void;
  readonly signal: AbortSignal;
}

/**
 * Does the jobs of moves; of one move one at a time, for a queue may give the same one out twice. Erasing a move does not
 * wait for what was begun for it before: that is ended, and fails, also when it is tried again after an answer that did not come.
 */
export class MoveJobs {
  readonly #moves = new OneAtATime();
  /** By move, then by job. */
  readonly #begun = new Map<string, Map<string, AbortController>>();

  constructor(private readonly ground: MoveGround) {}

  /** @throws GivenUp · NotAnswered: it is to be tried again */
  run(anyJob: AnyMoveJob): Promise<JobResult> {
    const { job, work, signal, tell } = anyJob;
    const { move } = work;
    if (work.kind === 'erase-move') this.#endAll(move);
    const erased = work.kind === 'erase-move' ? new AbortController() : this.#controllerOf(move, job.id);
    return this.#moves.run(move, async () => {
      let failure: unknown;
      try {
        erased.signal.throwIfAborted();
        return await this.#do({ ...anyJob, signal: AbortSignal.any([signal, erased.signal]) });
      } catch (error) {
        signal.throwIfAborted();
        failure = erased.signal.aborted ? erased.signal.reason : withFindings(withDiskNamed(error));
        throw failure;
      } finally {
        if (!(failure instanceof NotAnswered)) this.#forget(move, job.id);
        tell(null);
      }
    });
  }

  #controllerOf(move: string, job: string): AbortController {
    const begun = this.#begun.get(move) ?? new Map<string, AbortController>();
    const controller = begun.get(job) ?? new AbortController();
    this.#begun.set(move, begun.set(job, controller));
    return controller;
  }

  #endAll(move: string): void {
    for (const controller of this.#begun.get(move)?.values() ?? []) controller.abort(moveErased());
  }

  #forget(move: string, job: string): void {
    const begun = this.#begun.get(move);
    begun?.delete(job);
    if (begun?.size === 0) this.#begun.delete(move);
  }

  async #do({ work, ...rest }: AnyMoveJob): Promise<JobResult> {
    switch (work.kind) {
      case 'copy-state':
        return copyState(this.ground, { work, ...rest });
      case 'capture-state':
        return captureState(this.ground, { work, ...rest });
      case 'restore-state':
        return restoreState(this.ground, { work, ...rest });
      case 'erase-move':
        await this.ground.folders.erase(work.move, work);
        if (work.history) await this.ground.folders.forgetHistory(rest.job.environment);
        return null;
    }
  }
}

/** What is wrong with a bag, or with state, is said to whoever asked; never the output of a program, which may be personal. */
function withFindings(error: unknown): unknown {
  if (error instanceof BagFailure && error.findings.length > 0) return new GivenUp(error.findings.slice(0, 50), error);
  if (!(error instanceof StateFailure)) return error;
  const { code, message, hint } = error;
  return new GivenUp([{ pointer: '', code, detail: `On the host: ${message}.`, hint }], error);
}
