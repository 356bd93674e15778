import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { DatabaseConnection } from './ground.options.js';
import { administrator, adminPasswordFile, newPassword } from './postgres-cluster.js';
import { postgresPort } from './postgres-configuration.js';
import { createPrivate } from './private-file.js';

export interface DatabaseRequest {
  readonly name: string;
  readonly roles: readonly { readonly name: string }[];
}

/** Databases of one server. It needs nothing but the folder and the socket, so that another Node process may use it too. */
export class PostgresDatabases {
  constructor(
    private readonly folder: string,
    private readonly socketFolder: string,
  ) {}

  /**
   * Makes the database and, for each role, a login `<database>_<role>` with a schema `<role>` of its own, which is its
   * search path; a role sees no other schema. What exists stays, so it can be repeated. Returns a connection by role.
   */
  async ensure({ name, roles }: DatabaseRequest): Promise<Record<string, DatabaseConnection>> {
    await this.asAdministrator('postgres', async (session) => {
      for (const role of roles) await this.ensureLogin(session, name, role.name);
      const known = await session.query('select from pg_database where datname = $1', [name]);
      if (known.rowCount === 0) await session.query(`create database ${quoted(name)}`);
      await session.query(`revoke all on database ${quoted(name)} from public`);
    });
    await this.asAdministrator(name, async (session) => {
      for (const role of roles) {
        const [login, schema] = [quoted(loginOf(name, role.name)), quoted(role.name)];
        await session.query(`grant connect, temporary on database ${quoted(name)} to ${login}`);
        await session.query(`create schema if not exists ${schema} authorization ${login}`);
        await session.query(`alter role ${login} in database ${quoted(name)} set search_path = ${schema}`);
      }
    });
    return Object.fromEntries(roles.map((role) => [role.name, this.connection(name, role.name)]));
  }

  /** Drops the database with open sessions and all; its logins and their passwords stay. */
  async drop(name: string): Promise<void> {
    await this.asAdministrator('postgres', (session) =>
      session.query(`drop database if exists ${quoted(name)} with (force)`),
    );
  }

  private connection(database: string, role: string): DatabaseConnection {
    const password = createPrivate(this.passwordFile(database, role), newPassword);
    return {
      host: this.socketFolder,
      port: postgresPort,
      user: loginOf(database, role),
      password,
      database,
      schema: role,
    };
  }

  private passwordFile(database: string, role: string): string {
    return join(this.folder, 'keys', `postgres-${database}-${role}.password`);
  }

  private async ensureLogin(session: pg.Client, database: string, role: string): Promise<void> {
    const { user, password } = this.connection(database, role);
    const known = await session.query('select from pg_roles where rolname = $1', [user]);
    const verb = known.rowCount === 0 ? 'create' : 'alter';
    await session.query(`${verb} role ${quoted(user)} login password '${scramVerifier(password)}'`);
  }

  private async asAdministrator<T>(database: string, work: (session: pg.Client) => Promise<T>): Promise<T> {
    const password = readFileSync(adminPasswordFile(this.folder), 'utf8');
    const session = new pg.Client({
      host: this.socketFolder,
      port: postgresPort,
      user: administrator,
      password,
      database,
    });
    session.on('error', () => undefined); // a server that dies is told by the query that was under way
    await session.connect();
    try {
      return await work(session);
    } finally {
      await session.end();
    }
  }
}

function loginOf(database: string, role: string): string {
  return `${database}_${role}`;
}

/** Names are written into statements and file names. */
function quoted(name: string): string {
  if (/^[a-z][a-z0-9_-]{0,62}$/.test(name)) return `"${name}"`;
  throw new Error(
    `"${name}" cannot name a database, role or schema; use up to 63 of a-z, 0-9, _ and -, a letter first`,
  );
}

/** What the server stores instead of the password (RFC 5803), so that the password itself is never in a statement. */
function scramVerifier(password: string): string {
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${keyed('Server Key').toString('base64')}`;
}
