import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connect } from 'node:net';
import type { PostgresOptions } from './ground.options.js';
import { writeIfDifferent } from './nats-server.js';
import { postgresBinaries } from './postgres-binaries.js';
import { makeCluster, own } from './postgres-cluster.js';
import { hostBasedAuthentication, postgresPort, renderPostgresConfiguration } from './postgres-configuration.js';
import { chooseSocketFolder, makeSocketFolder } from './postgres-socket-folder.js';
import type { ServerSpec } from './server-keeper.js';
import { closedFolder, postgresUser, type ServiceUser } from './service-user.js';

export interface PostgresServer {
  readonly spec: ServerSpec;
  readonly socketFolder: string;
}

/** Makes the data folder if there is none and describes the server of this folder. */
export async function describePostgres(folder: string, options: PostgresOptions): Promise<PostgresServer> {
  const user = postgresUser();
  if (user !== undefined) openWay(folder, user);
  const binaries = postgresBinaries(user);
  const durable = options.durable ?? true;
  const data = await makeCluster({ folder, binaries, user, durable });
  const socketFolder = chooseSocketFolder(folder);
  const settings = renderPostgresConfiguration({ socketFolder, durable, maxConnections: options.maxConnections ?? 60 });
  const spec: ServerSpec = {
    name: 'postgres',
    command: binaries.postgres,
    args: ['-D', data],
    marker: data,
    stopSignal: 'SIGINT', // "fast": ends sessions, writes everything down
    runAs: user === undefined ? undefined : { uid: user.uid, gid: user.gid },
    configure: () => {
      makeSocketFolder(socketFolder, user);
      const changes = [
        configureFile(join(data, 'postgresql.conf'), settings, user),
        configureFile(join(data, 'pg_hba.conf'), hostBasedAuthentication, user),
      ];
      return changes.includes(true);
    },
    answers: () => acceptsSessions(join(socketFolder, `.s.PGSQL.${postgresPort}`)),
  };
  return { spec, socketFolder };
}

/** The installation's folder may be passed through (not read) by PostgreSQL's user; what lies above is not ours to open. */
function openWay(folder: string, user: ServiceUser): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  const closed = closedFolder(dirname(folder), user);
  if (closed === undefined) return;
  throw new FolderClosedError(closed, user);
}

/** PostgreSQL's user has no way to the installation's folder. */
class FolderClosedError extends Error {
  override readonly name = 'FolderClosedError';
  readonly hint = 'Choose a folder such as /var/lib/freehold/<name> (freehold up --home).';
  constructor(closed: string, user: ServiceUser) {
    super(`PostgreSQL cannot run as root, and the user ${user.name} who runs it cannot pass ${closed}`);
  }
}

function configureFile(path: string, text: string, user: ServiceUser | undefined): boolean {
  const changed = writeIfDifferent(path, text);
  if (changed) own(path, user);
  return changed;
}

/**
 * Sends a start-up message for nobody: a server that is ready asks for a password or refuses the name (anything but
 * 57P03, "cannot connect now"), one that starts or recovers does not.
 */
function acceptsSessions(socketPath: string): Promise<boolean> {
  const parameters = Buffer.from('user\0nobody\0database\0postgres\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + parameters.length, 0);
  head.writeInt32BE(196_608, 4); // protocol 3.0
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => socket.write(Buffer.concat([head, parameters])));
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('data', (answer: Buffer) => finish(!answer.includes('C57P03')));
  });
}
