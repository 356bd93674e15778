import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runProgram } from '../engine/run-program.js';
import { watchSize } from '../engine/watch-size.js';
import { diskFullOr, StateFailure } from '../state-failure.js';
import type { StatePart, WorkOptions } from '../state-part.js';
import { client, connection, query, quoteName, quoteText, type PostgresSession } from './postgres-engine.js';

export const DUMP = 'database.dump';
export const RECORD = 'postgres.json';

/** What the dump does not say about the cluster: it lies beside it. No password: those are the vault's. */
export const PostgresRecord = z.object({
  majorVersion: z.int(),
  database: z.string(),
  owner: z.string(),
  roles: z.array(
    z.object({
      name: z.string(),
      superuser: z.boolean(),
      createDatabase: z.boolean(),
      createRole: z.boolean(),
      login: z.boolean(),
    }),
  ),
});
export type PostgresRecord = z.infer<typeof PostgresRecord>;

export async function databaseOf(session: PostgresSession, part: StatePart): Promise<string> {
  const database = part.database ?? part.name;
  const rows = await query(session, 'postgres', `select 1 from pg_database where datname = ${quoteText(database)}`);
  if (rows.length > 0) return database;
  const hint = 'Let the application start once, or correct the database’s name in the package.';
  throw new StateFailure('part-missing', `the server of part ${part.name} has no database ${database}`, { hint });
}

export const writeRecord = (into: string, record: PostgresRecord): Promise<void> =>
  writeFile(join(into, RECORD), `${JSON.stringify(record, null, 2)}\n`);

export async function readRecord(session: PostgresSession, database: string): Promise<PostgresRecord> {
  const roles = `select coalesce(json_agg(json_build_object('name', rolname, 'superuser', rolsuper,
    'createDatabase', rolcreatedb, 'createRole', rolcreaterole, 'login', rolcanlogin) order by rolname), '[]')
    from pg_roles where rolname !~ '^pg_' and oid <> 10`;
  const sql = `select json_build_object('majorVersion', ${session.majorVersion}, 'database', datname,
    'owner', pg_get_userbyid(datdba), 'roles', (${roles})) from pg_database where datname = ${quoteText(database)}`;
  const lines = await query(session, 'postgres', sql);
  return PostgresRecord.parse(JSON.parse(lines.join('')));
}

interface Dumping {
  readonly database: string;
  readonly part: StatePart;
  readonly file: string;
  /** Of a transaction whose rows are meant (pg_export_snapshot). */
  readonly snapshot?: string;
}

export async function dump(
  session: PostgresSession,
  { database, part, file, snapshot }: Dumping,
  options: WorkOptions,
): Promise<void> {
  await using handle = await open(file, 'w', 0o600);
  await using _watch = watchSize(handle, options.onProgress);
  const left = part.leaveOut.map(({ path }) => `--exclude-table-data=${tablePattern(path)}`);
  const seen = snapshot === undefined ? [] : [`--snapshot=${snapshot}`];
  await runProgram({
    ...client(session, 'pg_dump'),
    args: [...connection(session, database), '--format=custom', '--compress=1', ...seen, ...left],
    output: handle.fd,
  });
  await handle.sync().catch((error: unknown) => {
    throw diskFullOr(error, `writing ${file}`);
  });
}

/** `name` or `schema.name` as a pattern of psql(1) that means just this. */
function tablePattern(path: string): string {
  return path.split('.').map(quoteName).join('.');
}
