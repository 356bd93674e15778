import type { Job } from '@freehold/deployment-contract';
import type { MoveClient } from '../host/move-client.js';
import type { Hands } from '../reconciler/executor.js';
import type { Reconciler } from '../reconciler/reconciler.js';
import type { MoveFolders } from './move-folders.js';
import type { StateAtHand } from './state-at-hand.js';
import { TransferClient, type TransferTiming } from './transfer-client.js';

export interface MoveTiming extends TransferTiming {
  /** How long it is waited for an environment to come to rest. */
  readonly environmentWaitMs: number;
}

export const MOVE_TIMING: MoveTiming = {
  ...{ silentMs: 60_000, retryMs: 1_000, patienceMs: 300_000, environmentWaitMs: 240_000 },
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

type Work<Kind extends Job['work']['kind']> = Extract<Job['work'], { kind: Kind }>;

/** One job of a move, at work. */
export interface MoveJob<Kind extends Job['work']['kind']> {
  readonly job: Job;
  readonly work: Work<Kind>;
  readonly tell: (text: string | null) => void;
  readonly signal: AbortSignal;
}

/** A client of a move's source for as long as `work` lasts. */
export async function withClient<Result>(
  { ask, timing }: MoveGround,
  { job, work: { move }, signal }: Pick<MoveJob<'copy-state' | 'restore-state'>, 'job' | 'work' | 'signal'>,
  work: (client: TransferClient) => Promise<Result>,
): Promise<Result> {
  const { operator, deployment } = job;
  const client = new TransferClient({
    ...timing,
    ask: () => ask.transferSource({ operator, move, deployment }),
    signal,
  });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
