import { BagFailure } from '@freehold/bag';
import type { Job, JobResult } from '@freehold/deployment-contract';
import { StateFailure } from '@freehold/state-parts';
import { OneAtATime } from '../backend/one-at-a-time.js';
import { GivenUp } from '../reconciler/failures.js';
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
 * wait for what is being done for it: that is ended, and fails.
 */
export class MoveJobs {
  readonly #moves = new OneAtATime();
  readonly #underWay = new Map<string, AbortController>();

  constructor(private readonly ground: MoveGround) {}

  /** @throws GivenUp · NotAnswered */
  run(job: AnyMoveJob): Promise<JobResult> {
    const { move, kind } = job.work;
    if (kind === 'erase-move') this.#underWay.get(move)?.abort(moveErased());
    return this.#moves.run(move, async () => {
      const erased = new AbortController();
      if (kind !== 'erase-move') this.#underWay.set(move, erased);
      try {
        return await this.#do({ ...job, signal: AbortSignal.any([job.signal, erased.signal]) });
      } catch (error) {
        job.signal.throwIfAborted();
        throw erased.signal.aborted ? erased.signal.reason : withFindings(withDiskNamed(error));
      } finally {
        if (this.#underWay.get(move) === erased) this.#underWay.delete(move);
        job.tell(null);
      }
    });
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
