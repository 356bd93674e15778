import { copyFile, lstat, open, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { allEnded } from '../engine/all-ended.js';
import { endLeftEngine } from '../engine/left-engine.js';
import { runProgram } from '../engine/run-program.js';
import {
  capturedFile,
  freshFolder,
  giveTo,
  ignoreMissing,
  makeParents,
  mendSwap,
  placeOf,
  successorOf,
  swap,
} from '../places.js';
import { StateFailure } from '../state-failure.js';
import type { PartReport, RestoreJob, Site, StatePart, WorkOptions } from '../state-part.js';
import type { BucketSums } from './bucket-sums.js';
import { databaseOf, DUMP, PostgresRecord, RECORD } from './postgres-dump.js';
import { CHANGES } from './postgres-changes.js';
import { makeCluster } from './postgres-cluster.js';
import {
  client,
  connection,
  dataVersion,
  POSTGRES_HINT,
  query,
  queryFrom,
  quoteName,
  refuseRoot,
  withPostgres,
  type PostgresSession,
} from './postgres-engine.js';
import { postgresFolders } from './postgres-installations.js';
import { forgetReady, readReady, type ReadyOf, writeReady } from './postgres-ready.js';
import { reportIn } from './postgres-report.js';
import { reportSince, seenBy, sumsIn } from './postgres-since.js';

/**
 * Makes a cluster beside the old one, restores into it and swaps the two. Encoding and locale of the database are those
 * of the dump. Configuration files that the old cluster of the same version has are kept. A cluster that was made ready
 * from the same dump is used, and what has changed since is applied.
 */
export async function restorePostgres(site: Site, part: StatePart, from: string, options: WorkOptions): Promise<void> {
  await restoreAndWork({ site, part, from, options }, async ({ session, changes }) => {
    if (changes !== undefined) await applyChanges(session, part, changes);
  });
}

/** The same, and its report, by one server. */
export async function restoreReportedPostgres({ site, part, from, counts, options }: RestoreJob): Promise<PartReport> {
  return restoreAndWork({ site, part, from, options }, async ({ session, changes, rows, writeDown }) => {
    if (changes === undefined) return reportIn(session, part, counts);
    const seen = await seenBy(session, await databaseOf(session, part));
    const copied = { seen, rows: rows ?? (await sumsIn(session, part)) };
    await applyChanges(session, part, changes);
    const [report] = await allEnded([reportSince(session, part, counts, copied), writeDown()]);
    return report;
  });
}

/** Restores a dump beside what is there, for a restore that comes later; what is in place stays as it is. */
export async function makeReadyPostgres(
  site: Site,
  part: StatePart,
  from: string,
  options: WorkOptions,
): Promise<void> {
  const restoring = await prepare({ site, part, from, options });
  if ((await readReady(restoring)) !== undefined) return;
  const rows = await restoreDump(restoring, (session) => sumsIn(session, part));
  await syncCluster(restoring); // so that less is left to write when it is in a hurry
  await writeReady(restoring, rows);
}

interface Restore {
  readonly site: Site;
  readonly part: StatePart;
  readonly from: string;
  readonly options: WorkOptions;
}

interface Restoring extends Restore, ReadyOf {
  readonly place: string;
}

type Work<Result> = (session: PostgresSession) => Promise<Result>;

/** A server that has what the dump has. */
interface Restored {
  readonly session: PostgresSession;
  /** CHANGES, where there is one. */
  readonly changes: FileHandle | undefined;
  /** What is in it, where that is known. */
  readonly rows: BucketSums | undefined;
  /** So that less is left to write when the server has stopped. */
  readonly writeDown: () => Promise<void>;
}

async function prepare(work: Restore): Promise<Restoring> {
  const { site, part, from } = work;
  const [dump, recordFile] = [await capturedFile(from, DUMP), await capturedFile(from, RECORD)];
  const record = PostgresRecord.parse(JSON.parse(await readFile(recordFile, 'utf8')));
  refuseRoot(site);
  await makeParents(site, part);
  const place = await placeOf(site, part);
  await mendSwap(place);
  const version = await versionFor(record.majorVersion, await dataVersion(place));
  const bin = (await postgresFolders()).get(version) ?? '';
  const fresh = successorOf(place);
  await endLeftAt(site, place, fresh);
  return { ...work, place, fresh, bin, record, dump };
}

async function restoreAndWork<Result>(work: Restore, then: (restored: Restored) => Promise<Result>): Promise<Result> {
  const restoring = await prepare(work);
  const { site, place, fresh, from } = restoring;
  const changes = await open(join(from, CHANGES)).catch(ignoreMissing);
  try {
    const rows = await readReady(restoring);
    const use = (session: PostgresSession) =>
      then({ ...{ session, changes, rows }, writeDown: () => writeDown(restoring, session) });
    const result = await (rows === undefined ? restoreDump(restoring, use) : useReady(restoring, use));
    await keepConfiguration(site, place, fresh);
    await syncCluster(restoring);
    await swap(place);
    return result;
  } finally {
    await changes?.close();
  }
}

const syncCluster = ({ site, fresh, bin }: Restoring): Promise<string> =>
  runProgram({ program: join(bin, 'initdb'), args: ['--sync-only', '-D', fresh], user: site.user });

async function writeDown(restoring: Restoring, session: PostgresSession): Promise<void> {
  await query(session, 'postgres', 'checkpoint;');
  await syncCluster(restoring);
}

async function restoreDump<Result>({ site, part, options, ...to }: Restoring, then: Work<Result>): Promise<Result> {
  const { fresh, bin, record } = to;
  await freshFolder(site, fresh);
  await makeCluster(site, bin, fresh, options.signal);
  await using handle = await readableByAll(to.dump);
  return await withPostgres({ site, dataFolder: fresh, signal: options.signal, disposable: true }, async (session) => {
    const database = part.database ?? part.name;
    await makeRoles(session, record);
    await load(session, handle, record);
    await finish(session, record, database);
    const [worked] = await allEnded([then(session), query(session, database, 'analyze;')]);
    return worked;
  });
}

async function useReady<Result>({ site, fresh, options }: Restoring, then: Work<Result>): Promise<Result> {
  await forgetReady(fresh);
  return withPostgres({ site, dataFolder: fresh, signal: options.signal, disposable: true }, then);
}

const applyChanges = (session: PostgresSession, part: StatePart, changes: FileHandle): Promise<void> =>
  queryFrom(session, part.database ?? part.name, changes.fd);

async function endLeftAt(site: Site, ...folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    if ((await lstat(folder).catch(ignoreMissing)) !== undefined) await endLeftEngine(site, folder);
  }
}

/** The version of the cluster that the host has prepared, if it reads the dump; otherwise the newest. */
async function versionFor(dumped: number, prepared: number | undefined): Promise<number> {
  const installed = [...(await postgresFolders()).keys()];
  if (installed.length === 0) {
    throw new StateFailure('engine-missing', 'PostgreSQL is not installed', { hint: POSTGRES_HINT });
  }
  const fit = installed.filter((version) => version >= dumped);
  if (prepared !== undefined && fit.includes(prepared)) return prepared;
  if (fit.length > 0) return Math.max(...fit);
  const hint = `Provider: install PostgreSQL ${dumped} or newer with its client programs.`;
  throw new StateFailure('engine-version', `the dump is of PostgreSQL ${dumped}, here is ${installed.join(', ')}`, {
    hint,
  });
}

/** The environment's user opens it by descriptor: the way to it stays closed. */
async function readableByAll(file: string): Promise<FileHandle> {
  const handle = await open(file, 'r');
  const { mode } = await handle.stat();
  if ((mode & 0o004) === 0) await handle.chmod((mode & 0o777) | 0o044);
  return handle;
}

/** The owner is a superuser while the dump is loaded, so that all of it becomes the owner's. */
async function makeRoles(session: PostgresSession, { roles, owner }: PostgresRecord): Promise<void> {
  const lines = roles.map((role) => {
    const name = quoteName(role.name);
    const rights = [
      role.superuser || role.name === owner ? 'superuser' : 'nosuperuser',
      role.createDatabase ? 'createdb' : 'nocreatedb',
      role.createRole ? 'createrole' : 'nocreaterole',
      role.login ? 'login' : 'nologin',
    ];
    return `create role ${name} ${rights.join(' ')};`;
  });
  await query(session, 'postgres', lines.join('\n'));
  session.signal?.throwIfAborted();
}

async function load(session: PostgresSession, dump: FileHandle, { owner }: PostgresRecord): Promise<void> {
  const options = ['--create', '--no-owner', '--exit-on-error', '--jobs=2', `--role=${owner}`];
  await runProgram({
    ...client(session, 'pg_restore'),
    args: [...connection(session, 'postgres'), ...options, '/proc/self/fd/3'],
    open: [dump.fd],
  });
}

async function finish(session: PostgresSession, record: PostgresRecord, database: string): Promise<void> {
  const { owner, roles } = record;
  const lines: string[] = [];
  if (record.database !== database) {
    lines.push(`alter database ${quoteName(record.database)} rename to ${quoteName(database)};`);
  }
  const role = roles.find(({ name }) => name === owner);
  if (role !== undefined) {
    lines.push(`alter database ${quoteName(database)} owner to ${quoteName(owner)};`);
    if (!role.superuser) lines.push(`alter role ${quoteName(owner)} nosuperuser;`);
  }
  await query(session, 'postgres', lines.join('\n'));
}

const CONFIGURATION = ['postgresql.conf', 'postgresql.auto.conf', 'pg_hba.conf', 'pg_ident.conf'];

async function keepConfiguration(site: Site, place: string, fresh: string): Promise<void> {
  if ((await dataVersion(place)) !== (await dataVersion(fresh))) return;
  for (const name of CONFIGURATION) {
    const found = await lstat(join(place, name)).catch(ignoreMissing);
    if (found?.isFile() !== true) continue;
    await copyFile(join(place, name), join(fresh, name));
    await giveTo(site, join(fresh, name));
  }
}
