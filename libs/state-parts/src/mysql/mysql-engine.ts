import { connect } from 'node:net';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { needProgram, versionOf } from '../engine/find-program.js';
import { withEngine, type RunningEngine } from '../engine/private-engine.js';
import { runProgram } from '../engine/run-program.js';
import { ignoreMissing } from '../places.js';
import { StateFailure } from '../state-failure.js';
import type { Site, StatePart } from '../state-part.js';

export const MYSQL_HINT = 'Provider: install MariaDB with its client programs (on Debian: mariadb-server).';

export interface MysqlSession {
  readonly site: Site;
  readonly socket: string;
  readonly signal: AbortSignal | undefined;
}

export interface MysqlPlace {
  readonly site: Site;
  readonly dataFolder: string;
  readonly signal?: AbortSignal | undefined;
  /** Thrown away if anything goes wrong: nothing has to be durable before the end. */
  readonly disposable?: boolean;
}

export function mariadbd(): Promise<string> {
  return needProgram(MYSQL_HINT, 'mariadbd');
}

/**
 * Works on a data folder with a private server. It reads no configuration and no grant tables: whoever passes the
 * private folder (0700) may do all, which spares every password.
 */
export async function withMysql<T>(
  { site, dataFolder, signal, disposable = false }: MysqlPlace,
  work: (session: MysqlSession) => Promise<T>,
): Promise<T> {
  if ((await stat(join(dataFolder, 'ibdata1')).catch(ignoreMissing)) === undefined) {
    const hint = 'Let the application start once, or correct the path in the package.';
    throw new StateFailure('part-missing', `${dataFolder} is no data folder of MariaDB`, { hint });
  }
  const program = await mariadbd();
  await refuseNewer(program, dataFolder);
  const spec = {
    program,
    args: (folder: string) => serverArguments(dataFolder, folder, { site, disposable }),
    dataFolder,
    stopSignal: 'SIGTERM',
    isReady: ({ privateFolder }: RunningEngine) => answers(socketOf(privateFolder)),
  } as const;
  return withEngine(site, spec, signal, ({ privateFolder }) => work({ site, socket: socketOf(privateFolder), signal }));
}

const socketOf = (folder: string): string => join(folder, 'mysql.sock');

function serverArguments(
  dataFolder: string,
  folder: string,
  { site, disposable }: { site: Site; disposable: boolean },
): string[] {
  const hasty = ['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--innodb-buffer-pool-size=512M'];
  return [
    '--no-defaults',
    ...[`--datadir=${dataFolder}`, `--socket=${socketOf(folder)}`, `--pid-file=${folder}/pid`, `--tmpdir=${folder}`],
    ...['--skip-networking', '--skip-grant-tables', '--skip-log-bin', '--skip-slave-start', '--max-allowed-packet=1G'],
    ...['--log-warnings=0', '--character-set-server=utf8mb4', '--lower-case-table-names=0', '--skip-name-resolve'],
    ...(disposable ? hasty : []),
    ...(site.user === null && process.getuid?.() === 0 ? ['--user=root'] : []),
  ];
}

/** A newer MariaDB's folder is not opened, because there would be no way back; `mysql_upgrade_info` has the version that wrote it. */
async function refuseNewer(program: string, dataFolder: string): Promise<void> {
  const names = ['mariadb_upgrade_info', 'mysql_upgrade_info'];
  const texts = await Promise.all(names.map((name) => readFile(join(dataFolder, name), 'utf8').catch(ignoreMissing)));
  const written = texts.find((text) => text !== undefined);
  const here = await versionOf(program);
  if (written === undefined || seriesOf(written) === seriesOf(here)) return;
  const hint = `Provider: install MariaDB ${seriesOf(written)}.`;
  throw new StateFailure('engine-version', `the state is of MariaDB ${written.trim()}, here is ${here}`, { hint });
}

function seriesOf(version: string): string {
  return version.trim().split('.').slice(0, 2).join('.');
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    const finish = (answer: boolean) => {
      connection.destroy();
      resolve(answer);
    };
    connection.on('error', () => finish(false));
    connection.on('data', () => finish(true)); // the server greets first
  });
}

export interface ClientRun {
  readonly args?: readonly string[];
  readonly input: number | string;
}

/** The client, in the mode in which it has no commands of its own (`\!` would run a shell). */
export async function mysqlClient(session: MysqlSession, { args = [], input }: ClientRun): Promise<string> {
  const always = ['--no-defaults', `--socket=${session.socket}`, '--binary-mode', '--max-allowed-packet=1G'];
  return runProgram({
    program: await needProgram(MYSQL_HINT, 'mariadb', 'mysql'),
    args: [...always, '--default-character-set=utf8mb4', ...args],
    user: session.site.user,
    input,
    signal: session.signal,
  });
}

/** Answers rows, fields separated by tabs. */
export async function mysqlQuery(session: MysqlSession, database: string, sql: string): Promise<string[]> {
  const text = await mysqlClient(session, { args: ['--batch', '--skip-column-names', database], input: sql });
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** Into the file, or answered as text (small ones only). */
export async function mysqlDump(session: MysqlSession, args: readonly string[], output?: number): Promise<string> {
  const always = ['--no-defaults', `--socket=${session.socket}`, '--max-allowed-packet=1G', '--hex-blob'];
  return runProgram({
    program: await needProgram(MYSQL_HINT, 'mariadb-dump', 'mysqldump'),
    args: [...always, '--default-character-set=utf8mb4', '--skip-lock-tables', ...args],
    user: session.site.user,
    ...(output === undefined ? {} : { output }),
    signal: session.signal,
  });
}

export async function mysqlDatabase(session: MysqlSession, part: StatePart): Promise<string> {
  const database = part.database ?? part.name;
  const sql = `select 1 from information_schema.schemata where schema_name = ${quoteMysqlText(database)};`;
  if ((await mysqlQuery(session, 'mysql', sql)).length > 0) return database;
  const hint = 'Let the application start once, or correct the database’s name in the package.';
  throw new StateFailure('part-missing', `the server of part ${part.name} has no database ${database}`, { hint });
}

export function quoteMysqlName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export function quoteMysqlText(text: string): string {
  return `'${text.replaceAll('\\', String.raw`\\`).replaceAll("'", "''")}'`;
}
