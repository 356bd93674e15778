import { connect, type NatsConnection } from '@nats-io/transport-node';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseConnection } from '../ground.options.js';
import { natsSeedFile } from '../nats-keys.js';
import { userAuthenticator } from '../nkey.js';
import { PostgresDatabases } from '../postgres-databases.js';
import { deleteStreams } from './delete-streams.js';
import { sharedTestGround, testAccounts, type SharedGround } from './shared-ground.js';
import { hasCode } from '../error-code.js';

/** A NATS account, a database and a folder that no other test file uses at the same time. */
export interface ClaimedGround {
  readonly account: string;
  readonly natsUrl: string;
  /** A connection as this user of the account (default `admin`); `release` closes it if the test has not. */
  connect(user?: string): Promise<NatsConnection>;
  /** Path of the file with the user's seed. */
  seedFile(user: string): string;
  /** The user's seed (secret key). */
  seed(user: string): string;
  /** A fresh database, as its only role. */
  readonly database: DatabaseConnection;
  /** Another fresh database with these roles, each with a schema of its own; a connection by role. */
  databaseFor(roles: readonly string[]): Promise<Record<string, DatabaseConnection>>;
  /** Drops one of these databases with open sessions and all. */
  dropDatabase(name: string): Promise<void>;
  /** Makes a dropped database again, empty, under its old name, with the same roles and passwords. */
  makeDatabaseAgain(name: string, roles: readonly string[]): Promise<void>;
  /** A fresh folder. */
  readonly folder: string;
  /** Closes the connections, removes streams, databases and folder, and gives the account to the next one. */
  release(): Promise<void>;
}

/** Claims what one test file needs of the servers of this run. To be called in `beforeAll`, with `release` in `afterAll`. */
export async function claimGround(): Promise<ClaimedGround> {
  const ground = await sharedTestGround();
  const { account, claimFile } = claimAccount(ground);
  const databases = new PostgresDatabases(ground.folder, ground.socketFolder);
  const names: string[] = [];
  const connections: NatsConnection[] = [];
  const folder = mkdtempSync(join(madeFolder(ground, 'work'), `${account}-`));

  const seedFile = (user: string) => natsSeedFile(ground.folder, account, user);
  const seed = (user: string) => readFileSync(seedFile(user), 'utf8');
  const open = async (user = 'admin') => {
    const authenticator = userAuthenticator(seed(user));
    const connection = await connect({ servers: ground.natsUrl, authenticator, name: `test ${account} ${user}` });
    connections.push(connection);
    return connection;
  };
  const databaseFor = (roles: readonly string[]) => {
    const name = `${account.toLowerCase()}_${names.length}`;
    names.push(name);
    return databases.ensure({ name, roles: roles.map((role) => ({ name: role })) });
  };
  const release = async () => {
    await Promise.all(connections.map((connection) => connection.close()));
    const admin = await open();
    await deleteStreams(admin);
    await admin.close();
    await Promise.all(names.map((name) => databases.drop(name)));
    rmSync(folder, { recursive: true, force: true });
    rmSync(claimFile, { force: true });
  };

  const { test } = await databaseFor(['test']);
  if (test === undefined) throw new Error('the database of the claim has no role "test"');
  const dropDatabase = (name: string) => databases.drop(name);
  const makeDatabaseAgain = async (name: string, roles: readonly string[]) => {
    await databases.ensure({ name, roles: roles.map((role) => ({ name: role })) });
  };
  return {
    ...{ account, natsUrl: ground.natsUrl, connect: open, seedFile, seed },
    ...{ database: test, databaseFor, dropDatabase, makeDatabaseAgain, folder, release },
  };
}

/** Making a file that must not exist is what decides between two workers. */
function claimAccount(ground: SharedGround): { account: string; claimFile: string } {
  const claims = madeFolder(ground, 'claims');
  for (const { name } of testAccounts) {
    const claimFile = join(claims, name);
    try {
      closeSync(openSync(claimFile, 'wx'));
      return { account: name, claimFile };
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
  throw new Error(`all ${testAccounts.length} test accounts are claimed; some test files do not release theirs`);
}

function madeFolder(ground: SharedGround, name: string): string {
  const path = join(ground.folder, name);
  mkdirSync(path, { recursive: true, mode: 0o711 });
  return path;
}
