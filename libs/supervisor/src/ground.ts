/**
 * The ground of an installation on one machine: a NATS server and a PostgreSQL server that belong to one folder.
 *
 *     <folder>/run/       lock (who looks after it), nats.json and postgres.json (pid, start time)
 *             /log/       nats.log, postgres.log
 *             /keys/      seeds and passwords, mode 0600
 *             /nats/      nats-server.conf, store/     the log: the truth
 *             /postgres/  data/, socket/               read models: can be built again
 *
 * Invariants: one Node process at a time looks after a folder (lock); one server of a kind runs in it; both listen on
 * this machine only and want a key or password; no secret is in an argument, in an environment or in a log.
 *
 * On a crash of this Node process the servers go on, and the next `startGround` adopts them: by their records, or by
 * their arguments if the crash came before the record was written. A server that dies is started again, with backoff.
 *
 *     (none) --start--> running --dies--> restarting --> running --stop--> (none)
 *     running, supervisor dies --> running alone --start--> running (adopted)
 */
import { chmodSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { takeLock } from './folder-lock.js';
import type { DatabaseConnection, GroundOptions } from './ground.options.js';
import { natsSeedFile } from './nats-keys.js';
import { describeNats } from './nats-server.js';
import { adminPasswordFile } from './postgres-cluster.js';
import { postgresPort } from './postgres-configuration.js';
import { PostgresDatabases, type DatabaseRequest } from './postgres-databases.js';
import { describePostgres } from './postgres-server.js';
import { ServerKeeper, type ServerSpec, type ServerStatus } from './server-keeper.js';

export interface Ground {
  readonly folder: string;
  readonly nats: {
    readonly url: string;
    readonly port: number;
    readonly pid: number | undefined;
    /** Path of the file with the user's seed. */
    seedFile(account: string, user: string): string;
  };
  readonly postgres: {
    readonly socketFolder: string;
    readonly port: number;
    readonly adminPasswordFile: string;
    readonly pid: number | undefined;
    ensureDatabase(request: DatabaseRequest): Promise<Record<string, DatabaseConnection>>;
    dropDatabase(name: string): Promise<void>;
  };
  /** Stops both servers in order and gives the folder free. */
  stop(): Promise<void>;
  /** Gives the folder free and lets the servers run on. */
  leave(): Promise<void>;
  status(): { readonly nats: ServerStatus; readonly postgres: ServerStatus };
}

/**
 * Starts or adopts both servers and keeps them running until `stop` or `leave`.
 * @throws FolderTakenError when another living process looks after the folder
 * @throws NatsServerUnusableError when nats-server is missing or too old
 */
export async function startGround(options: GroundOptions): Promise<Ground> {
  mkdirSync(options.folder, { recursive: true, mode: 0o711 });
  const folder = realpathSync(options.folder);
  makePrivateFolders(folder);
  const lock = takeLock(join(folder, 'run', 'lock'));
  try {
    const [nats, postgres] = await settleBoth(
      describeNats(folder, options.nats),
      describePostgres(folder, options.postgres ?? {}),
    );
    const keepers = [nats.spec, postgres.spec].map((spec) => keeperOf(folder, spec, options.say));
    const [natsKeeper, postgresKeeper] = keepers as [ServerKeeper, ServerKeeper];
    const all = (act: (keeper: ServerKeeper) => Promise<void>) => Promise.all(keepers.map(act));
    try {
      await settleBoth(natsKeeper.start(), postgresKeeper.start());
    } catch (error) {
      await all((keeper) => keeper.stop());
      throw error;
    }
    const databases = new PostgresDatabases(folder, postgres.socketFolder);
    return {
      folder,
      nats: {
        url: `nats://127.0.0.1:${nats.port}`,
        port: nats.port,
        get pid() {
          return natsKeeper.status().pid;
        },
        seedFile: (account, user) => natsSeedFile(folder, account, user),
      },
      postgres: {
        socketFolder: postgres.socketFolder,
        port: postgresPort,
        adminPasswordFile: adminPasswordFile(folder),
        get pid() {
          return postgresKeeper.status().pid;
        },
        ensureDatabase: (request) => databases.ensure(request),
        dropDatabase: (name) => databases.drop(name),
      },
      stop: async () => {
        await all((keeper) => keeper.stop());
        if (!postgres.socketFolder.startsWith(folder)) rmSync(postgres.socketFolder, { recursive: true, force: true });
        lock.release();
      },
      leave: async () => {
        await all((keeper) => keeper.leave());
        lock.release();
      },
      status: () => ({ nats: natsKeeper.status(), postgres: postgresKeeper.status() }),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function makePrivateFolders(folder: string): void {
  for (const name of ['run', 'log', 'keys', 'nats']) {
    mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
    chmodSync(join(folder, name), 0o700);
  }
}

function keeperOf(folder: string, spec: ServerSpec, say: (line: string) => void): ServerKeeper {
  const paths = { record: join(folder, 'run', `${spec.name}.json`), log: join(folder, 'log', `${spec.name}.log`) };
  return new ServerKeeper(spec, paths, say);
}

/** Like Promise.all, but waits for both before it fails, so that nothing goes on behind a failure. */
async function settleBoth<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}
