import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withEngine, type RunningEngine } from '../engine/private-engine.js';
import { runProgram } from '../engine/run-program.js';
import { endLeftEngine } from '../engine/left-engine.js';
import { giveTo, ignoreMissing } from '../places.js';
import { StateFailure } from '../state-failure.js';
import type { Site } from '../state-part.js';
import { postgresFolders } from './postgres-installations.js';

export const POSTGRES_HINT = 'Provider: install PostgreSQL with its client programs (on Debian: postgresql).';
export const SUPERUSER = 'postgres';

/** A server and how to speak to it. */
export interface PostgresSession {
  readonly site: Site;
  readonly bin: string;
  readonly majorVersion: number;
  /** Where its socket is; relative to `cwd`, for a socket's path has few bytes (unix(7)). */
  readonly socketFolder: string;
  readonly cwd?: string;
  readonly signal: AbortSignal | undefined;
}

export interface PostgresPlace {
  readonly site: Site;
  readonly dataFolder: string;
  readonly signal?: AbortSignal | undefined;
  /** A folder that is thrown away if anything goes wrong: nothing has to be durable before the end. */
  readonly disposable?: boolean;
}

/** The major version of a data folder. */
export async function dataVersion(dataFolder: string): Promise<number | undefined> {
  const text = await readFile(join(dataFolder, 'PG_VERSION'), 'utf8').catch(ignoreMissing);
  return text === undefined ? undefined : Number.parseInt(text, 10);
}

/** The folder of the programs of this major version. */
export async function postgresBin(majorVersion: number): Promise<string> {
  const folders = await postgresFolders();
  const found = folders.get(majorVersion);
  if (found !== undefined) return found;
  const here = [...folders.keys()].join(', ');
  if (here === '') throw new StateFailure('engine-missing', 'PostgreSQL is not installed', { hint: POSTGRES_HINT });
  const hint = `Provider: install PostgreSQL ${majorVersion} with its client programs.`;
  throw new StateFailure('engine-version', `the state needs PostgreSQL ${majorVersion}, here is ${here}`, { hint });
}

/** Works on a data folder with a server of its version: none of its own configuration is used, nobody else reaches it. */
export async function withPostgres<T>(
  { site, dataFolder, signal, disposable = false }: PostgresPlace,
  work: (session: PostgresSession) => Promise<T>,
): Promise<T> {
  const majorVersion = await dataVersion(dataFolder);
  if (majorVersion === undefined) {
    const hint = 'Let the application start once, or correct the path in the package.';
    throw new StateFailure('part-missing', `${dataFolder} is no data folder of PostgreSQL`, { hint });
  }
  refuseRoot(site);
  const bin = await postgresBin(majorVersion);
  await endLeftEngine(site, dataFolder);
  // Nobody works here: a pid in this file is that of a process which died, or of another one that got its number.
  await rm(join(dataFolder, 'postmaster.pid'), { force: true });
  const spec = {
    program: join(bin, 'postgres'),
    args: (folder: string) => ['-D', dataFolder, ...settings(folder, disposable).flatMap((one) => ['-c', one])],
    dataFolder,
    stopSignal: 'SIGINT', // "fast": ends sessions, writes everything down
    furnish: (folder: string) => writeAccess(site, folder),
    isReady: (engine: RunningEngine) => isReady(dataFolder, engine),
  } as const;
  return withEngine(site, spec, signal, ({ privateFolder }) =>
    work({ site, bin, majorVersion, socketFolder: privateFolder, signal }),
  );
}

export function refuseRoot(site: Site): void {
  if (site.user !== null || process.getuid?.() !== 0) return;
  const hint = 'Say as which user the environment runs.';
  throw new StateFailure('engine-refused-root', 'PostgreSQL does not run as root', { hint });
}

function settings(folder: string, disposable: boolean): string[] {
  const common = [
    `config_file=${join(folder, 'postgresql.conf')}`,
    `hba_file=${join(folder, 'pg_hba.conf')}`,
    `ident_file=${join(folder, 'pg_ident.conf')}`,
    `unix_socket_directories=${folder}`,
    ...['listen_addresses=', 'port=5432', 'external_pid_file=', 'unix_socket_permissions=0700', 'ssl=off'],
    ...['archive_mode=off', 'autovacuum=off', 'max_connections=20', 'max_locks_per_transaction=1024'],
    ...['logging_collector=off', 'log_min_messages=error', 'shared_preload_libraries=', 'jit=off'],
    ...['shared_buffers=128MB', 'max_wal_senders=0', 'max_prepared_transactions=20'],
  ];
  const hasty = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'wal_level=minimal'];
  const large = ['max_wal_size=2GB', 'maintenance_work_mem=256MB', 'checkpoint_timeout=30min'];
  return disposable ? [...common, ...hasty, ...large] : common;
}

/** Line 8 of postmaster.pid (src/include/utils/pidfile.h) says `ready`. */
async function isReady(dataFolder: string, engine: RunningEngine): Promise<boolean> {
  const lines = (await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return Number(lines[0]) === engine.pid && lines[7]?.trim() === 'ready';
}

/** Answers the rows as psql prints them, unaligned; the query comes through standard input. */
export async function query(session: PostgresSession, database: string, sql: string): Promise<string[]> {
  const text = await runProgram({ ...psql(session, database), input: sql });
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** The same, into a file. */
export async function queryInto(
  session: PostgresSession,
  database: string,
  sql: string,
  output: number,
): Promise<void> {
  await runProgram({ ...psql(session, database), input: sql, output });
}

/** Statements of a file. */
export async function queryFrom(session: PostgresSession, database: string, input: number): Promise<void> {
  await runProgram({ ...psql(session, database), input });
}

/** A statement that prints lines one after the other, however many there are. */
export async function queryLines(
  session: PostgresSession,
  database: string,
  sql: string,
  onLine: (line: string) => void,
): Promise<void> {
  await runProgram({ ...psql(session, database), input: sql, onLine });
}

export const psql = (session: PostgresSession, database: string) => ({
  ...client(session, 'psql'),
  args: [...connection(session, database), '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', '-'],
});

/** How one of its programs is run beside the server. */
export const client = ({ bin, site, cwd, signal }: PostgresSession, program: string) => ({
  program: join(bin, program),
  user: site.user,
  signal,
  ...(cwd === undefined ? {} : { cwd }),
});

export function connection({ socketFolder }: PostgresSession, database: string): string[] {
  return ['-w', '-h', socketFolder, '-p', '5432', '-U', SUPERUSER, '-d', database];
}

/** Our own configuration: none but trust on the private socket. */
async function writeAccess(site: Site, folder: string): Promise<void> {
  const files = { 'postgresql.conf': '', 'pg_ident.conf': '', 'pg_hba.conf': 'local all all trust\n' };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    await giveTo(site, join(folder, name));
  }
}

/** A name in SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in SQL (standard_conforming_strings is on). */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
