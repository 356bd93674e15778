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
import { postgresUser } from './service-user.js';
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
  mkdirSync(options.folder, { recursive: true, mode: postgresUser() === undefined ? 0o700 : 0o711 });
  const folder = realpathSync(options.folder);
  makePrivateFolders(folder);
  const lock = takeLock(join(folder, 'run', 'lock'));
  try {
    const [nats, postgres] = await settleBoth(
      describeNats(folder, options.nats),
      describePostgres(folder, options.postgres ?? {}),
    );
    const keepers = {
      nats: keeperOf(folder, nats.spec, options.say),
      postgres: keeperOf(folder, postgres.spec, options.say),
    };
    try {
      await settleBoth(keepers.nats.start(), keepers.postgres.start());
    } catch (error) {
      await settleBoth(keepers.nats.stop(), keepers.postgres.stop());
      throw error;
    }
    const { socketFolder } = postgres;
    return groundOf({ folder, natsPort: nats.port, socketFolder, keepers, release: () => lock.release() });
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface RunningParts {
  readonly folder: string;
  readonly natsPort: number;
  readonly socketFolder: string;
  readonly keepers: { readonly nats: ServerKeeper; readonly postgres: ServerKeeper };
  release(): void;
}

function groundOf({ folder, natsPort, socketFolder, keepers, release }: RunningParts): Ground {
  const databases = new PostgresDatabases(folder, socketFolder);
  return {
    folder,
    nats: {
      url: `nats://127.0.0.1:${natsPort}`,
      port: natsPort,
      get pid() {
        return keepers.nats.status().pid;
      },
      seedFile: (account, user) => natsSeedFile(folder, account, user),
    },
    postgres: {
      socketFolder,
      port: postgresPort,
      adminPasswordFile: adminPasswordFile(folder),
      get pid() {
        return keepers.postgres.status().pid;
      },
      ensureDatabase: (request) => databases.ensure(request),
      dropDatabase: (name) => databases.drop(name),
    },
    stop: async () => {
      await settleBoth(keepers.nats.stop(), keepers.postgres.stop());
      if (!socketFolder.startsWith(folder)) rmSync(socketFolder, { recursive: true, force: true });
      release();
    },
    leave: async () => {
      await settleBoth(keepers.nats.leave(), keepers.postgres.leave());
      release();
    },
    status: () => ({ nats: keepers.nats.status(), postgres: keepers.postgres.status() }),
  };
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
