import type { Job } from '@freehold/deployment-contract';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { MoveClient } from '../host/move-client.js';
import type { Hands } from '../reconciler/executor.js';
import type { Reconciler } from '../reconciler/reconciler.js';
import type { MoveFolders } from './move-folders.js';
import { GivenUp } from '../reconciler/failures.js';
import type { StateAtHand } from './state-at-hand.js';
import { TransferClient, type TransferTiming } from './transfer-client.js';

export interface MoveTiming extends TransferTiming {
  /** How often it is asked, while it is fetched from, whether the move goes on. */
  readonly lookMs: number;
  /** How long it is waited for an environment to come to rest. */
  readonly environmentWaitMs: number;
}

export const MOVE_TIMING: MoveTiming = {
  ...{ silentMs: 60_000, retryMs: 1_000, patienceMs: 300_000, environmentWaitMs: 240_000, lookMs: 15_000 },
};

/** What the jobs of moves work with. */
export interface MoveGround {
  readonly hands: Hands;
  readonly reconciler: Pick<Reconciler, 'lane'>;
  readonly folders: MoveFolders;
  readonly state: StateAtHand;
  readonly ask: MoveClient;
  /** Where this agent's transfer listener is reached: `http://<address>:<port>`. */
  readonly origin: string;
  readonly timing: MoveTiming;
}

/** After the seal little is left to fetch: a second thread would take longer to start than it saves. */
const THREADS = { 'copy-state': Math.min(2, availableParallelism()), 'restore-state': 1 };

type Work<Kind extends Job['work']['kind']> = Extract<Job['work'], { kind: Kind }>;

/** One job of a move, at work. */
export interface MoveJob<Kind extends Job['work']['kind']> {
  readonly job: Job;
  readonly work: Work<Kind>;
  readonly tell: (text: string | null) => void;
  readonly signal: AbortSignal;
}

/** What is said of a move that nobody may fetch any more, for good. */
const ENDED: ReadonlySet<string> = new Set([
  ...['departure-abandoned', 'departure-ended', 'arrival-abandoned', 'move-unknown'],
]);
const hasEnded = (error: unknown): error is GivenUp =>
  error instanceof GivenUp && error.findings.some(({ code }) => ENDED.has(code));

/**
 * A client of a move's source for as long as `work` lasts, which may itself take as long as it likes. Meanwhile the source
 * is asked now and then: a token outlives the move that it was given for. When the move has ended, so does the work, with
 * what was said, and nothing of it stays here.
 */
export async function withClient<Job extends MoveJob<'copy-state'> | MoveJob<'restore-state'>, Result>(
  { ask, timing, folders }: MoveGround,
  moveJob: Job,
  work: (client: TransferClient, job: Job) => Promise<Result>,
): Promise<Result> {
  const { operator, deployment } = moveJob.job;
  const { move, kind } = moveJob.work;
  const ended = new AbortController();
  const signal = AbortSignal.any([moveJob.signal, ended.signal]);
  const askSource = () => ask.transferSource({ operator, move, deployment });
  const client = new TransferClient({ ...timing, ask: askSource, signal, threads: THREADS[kind] });
  void watchMove(askSource, ended, { everyMs: timing.lookMs, signal });
  try {
    return await work(client, { ...moveJob, signal });
  } catch (error) {
    await client.close();
    const why: unknown = ended.signal.aborted ? ended.signal.reason : error;
    if (hasEnded(why)) await folders.erase(move);
    throw why;
  } finally {
    ended.abort();
    await client.close();
  }
}

/** Until `signal` says that nobody fetches any more. Silence is no end: it is borne by whoever fetches. */
async function watchMove(
  ask: () => Promise<unknown>,
  ended: AbortController,
  { everyMs, signal }: { everyMs: number; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    await pause(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    await ask().catch((error: unknown) => {
      if (hasEnded(error)) ended.abort(error);
    });
  }
}
