import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { needProgram } from '../engine/find-program.js';
import { withEngine, type RunningEngine } from '../engine/private-engine.js';
import { ignoreMissing } from '../places.js';
import type { Site } from '../state-part.js';
import { RespClient } from './resp-client.js';

export const REDIS_HINT = 'Provider: install Redis (on Debian: redis-server).';
export const RDB = 'dump.rdb';
/** Default of `appenddirname` in redis.conf (since Redis 7). */
export const AOF_FOLDER = 'appendonlydir';

export interface RedisPlace {
  readonly site: Site;
  readonly dataFolder: string;
  readonly signal?: AbortSignal | undefined;
}

/** Works on a data folder with a private server. It saves nothing by itself, and reads the append-only file where there is one. */
export async function withRedis<T>(
  { site, dataFolder, signal }: RedisPlace,
  work: (client: RespClient) => Promise<T>,
): Promise<T> {
  const program = await needProgram(REDIS_HINT, 'redis-server', 'valkey-server');
  const appended = await lstat(join(dataFolder, AOF_FOLDER)).catch(ignoreMissing);
  const spec = {
    program,
    args: (folder: string) => [
      ...['--port', '0', '--unixsocket', socketOf(folder), '--unixsocketperm', '700', '--daemonize', 'no'],
      ...['--dir', dataFolder, '--dbfilename', RDB, '--save', '', '--databases', '64', '--set-proc-title', 'no'],
      ...[
        '--enable-debug-command',
        'yes',
        '--appendonly',
        appended === undefined ? 'no' : 'yes',
        '--loglevel',
        'warning',
      ],
      ...['--active-expire-effort', '1', '--rdb-del-sync-files', 'no', '--stop-writes-on-bgsave-error', 'no'],
    ],
    dataFolder,
    stopSignal: 'SIGTERM',
    isReady: ({ privateFolder }: RunningEngine) => isReady(socketOf(privateFolder)),
  } as const;
  return withEngine(site, spec, signal, async ({ privateFolder }) => {
    using client = await RespClient.open(socketOf(privateFolder));
    return await work(client); // not before is the client disposed of
  });
}

const socketOf = (folder: string): string => join(folder, 'redis.sock');

async function isReady(socket: string): Promise<boolean> {
  try {
    using client = await RespClient.open(socket);
    return (await client.call('PING')) === 'PONG';
  } catch {
    return false; // not listening yet, or it says LOADING
  }
}
