import { copyFile, lstat, open, readFile, rm, stat, writeFile, type FileHandle } from 'node:fs/promises';
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
  syncFolder,
} from '../places.js';
import { StateFailure } from '../state-failure.js';
import type { PartReport, RestoreJob, Site, StatePart, WorkOptions } from '../state-part.js';
import { DUMP, PostgresRecord, RECORD } from './postgres-dump.js';
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
import { reportIn } from './postgres-report.js';

/** In a cluster that was made ready: of which dump it is, and that nothing was done to it since. */
const READY = 'freehold-ready.json';

/**
 * Makes a cluster beside the old one, restores into it and swaps the two. Encoding and locale of the database are those
 * of the dump. Configuration files that the old cluster of the same version has are kept. A cluster that was made ready
 * from the same dump is used, and what has changed since is applied.
 */
export async function restorePostgres(site: Site, part: StatePart, from: string, options: WorkOptions): Promise<void> {
  await restoreAndWork({ site, part, from, options }, async () => undefined);
}

/** The same, and its report, by one server. */
export async function restoreReportedPostgres({ site, part, from, counts, options }: RestoreJob): Promise<PartReport> {
  return restoreAndWork({ site, part, from, options }, (session) => reportIn(session, part, counts));
}

/** Restores a dump beside what is there, for a restore that comes later; what is in place stays as it is. */
export async function makeReadyPostgres(
  site: Site,
  part: StatePart,
  from: string,
  options: WorkOptions,
): Promise<void> {
  const restoring = await prepare({ site, part, from, options });
  if (await isReady(restoring)) return;
  await restoreDump(restoring, async () => undefined);
  await syncCluster(restoring); // so that less is left to write when it is in a hurry
  await writeFile(join(restoring.fresh, READY), JSON.stringify(await identityOf(restoring)), { flush: true });
}

interface Restore {
  readonly site: Site;
  readonly part: StatePart;
  readonly from: string;
  readonly options: WorkOptions;
}

interface Restoring extends Restore {
  readonly place: string;
  readonly fresh: string;
  readonly bin: string;
  readonly record: PostgresRecord;
  readonly dump: string;
}

type Work<Result> = (session: PostgresSession) => Promise<Result>;

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

async function restoreAndWork<Result>(work: Restore, then: Work<Result>): Promise<Result> {
  const restoring = await prepare(work);
  const { site, place, fresh } = restoring;
  const result = (await isReady(restoring))
    ? await useReady(restoring, then)
    : await restoreDump(restoring, async (session) => {
        await applyChanges(restoring, session);
        return then(session);
      });
  await keepConfiguration(site, place, fresh);
  await syncCluster(restoring);
  await swap(place);
  return result;
}

const syncCluster = ({ site, fresh, bin }: Restoring): Promise<string> =>
  runProgram({ program: join(bin, 'initdb'), args: ['--sync-only', '-D', fresh], user: site.user });

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

/** It is not ready any more from the first change on. */
async function useReady<Result>(restoring: Restoring, then: Work<Result>): Promise<Result> {
  const { site, fresh, options } = restoring;
  await rm(join(fresh, READY));
  await syncFolder(fresh); // a power cut must not bring it back
  return withPostgres({ site, dataFolder: fresh, signal: options.signal, disposable: true }, async (session) => {
    await applyChanges(restoring, session);
    return then(session);
  });
}

async function applyChanges({ from, part }: Restoring, session: PostgresSession): Promise<void> {
  const changes = await open(join(from, CHANGES)).catch(ignoreMissing);
  if (changes === undefined) return;
  await using handle = changes;
  await queryFrom(session, part.database ?? part.name, handle.fd);
}

async function isReady(restoring: Restoring): Promise<boolean> {
  const text = await readFile(join(restoring.fresh, READY), 'utf8').catch(ignoreMissing);
  return text !== undefined && text === JSON.stringify(await identityOf(restoring));
}

/** Which file it is, and for which version. */
async function identityOf({ dump, record, bin }: Restoring) {
  const { dev, ino, size, mtimeNs } = await stat(dump, { bigint: true });
  return { file: [dev, ino, size, mtimeNs].map(String), record, bin };
}

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
