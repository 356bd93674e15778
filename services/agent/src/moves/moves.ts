import type { OperationClient, SignerKeys } from '@freehold/platform';
import { join } from 'node:path';
import type { AgentConfig } from '../agent.config.js';
import { MoveClient } from '../host/move-client.js';
import type { Hands } from '../reconciler/executor.js';
import type { Reconciler } from '../reconciler/reconciler.js';
import { MoveFolders } from './move-folders.js';
import { MoveJobs } from './move-jobs.js';
import { MOVE_TIMING, type MoveTiming } from './move-work.js';
import { StateAtHand } from './state-at-hand.js';
import { startKeptListener } from './transfer-place.js';

export interface MovesParts {
  readonly config: Pick<AgentConfig, 'agentFolder' | 'agentDataFolder' | 'agentHost' | 'transferPort'>;
  readonly client: OperationClient;
  readonly hands: Hands;
  readonly reconciler: Pick<Reconciler, 'lane'>;
  readonly signerKeys: SignerKeys;
  /** The router's address, which the transfer listener shares. */
  readonly address: string;
  /** `AGE-SECRET-KEY-1…` of the host. */
  readonly identity: string;
  readonly timing: Partial<MoveTiming>;
}

export interface Moves {
  /** Of the transfer listener. */
  readonly port: number;
  readonly jobs: MoveJobs;
  close(): Promise<void>;
}

/** The agent's part of moves: its listener, and what does its jobs. */
export async function startMoves(parts: MovesParts): Promise<Moves> {
  const { config, client, hands, reconciler, signerKeys, address } = parts;
  const folders = await MoveFolders.open(join(config.agentDataFolder, 'moves'));
  const state = new StateAtHand(hands, reconciler, folders);
  const at = { address, port: config.transferPort };
  const listener = await startKeptListener(config.agentFolder, { ...at, signerKeys, folders, state });
  const origin = `http://${address}:${listener.port}`;
  const ask = new MoveClient(client, config.agentHost, parts.identity);
  const timing = { ...MOVE_TIMING, ...parts.timing };
  const jobs = new MoveJobs({ hands, reconciler, folders, state, ask, origin, timing });
  return { port: listener.port, jobs, close: () => listener.close() };
}
