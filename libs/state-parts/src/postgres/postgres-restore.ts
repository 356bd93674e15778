import { copyFile, lstat, open, readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
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
import type { Site, StatePart, WorkOptions } from '../state-part.js';
import { DUMP, PostgresRecord, RECORD } from './postgres-capture.js';
import { makeCluster } from './postgres-cluster.js';
import {
  connection,
  dataVersion,
  POSTGRES_HINT,
  query,
  quoteName,
  refuseRoot,
  withPostgres,
  type PostgresSession,
} from './postgres-engine.js';
import { postgresFolders } from './postgres-installations.js';

/**
 * Makes a cluster beside the old one, restores into it and swaps the two. Encoding and locale of the database are those
 * of the dump. Configuration files that the old cluster of the same version has are kept.
 */
export async function restorePostgres(site: Site, part: StatePart, from: string, options: WorkOptions): Promise<void> {
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
  await freshFolder(site, fresh);
  await makeCluster(site, bin, fresh, options.signal);
  await using handle = await readableByAll(dump);
  await withPostgres({ site, dataFolder: fresh, signal: options.signal, disposable: true }, async (session) => {
    await makeRoles(session, record);
    await load(session, handle, record);
    await finish(session, record, part.database ?? part.name);
  });
  await keepConfiguration(site, place, fresh);
  await runProgram({ program: join(bin, 'initdb'), args: ['--sync-only', '-D', fresh], user: site.user });
  await swap(place);
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
    program: join(session.bin, 'pg_restore'),
    args: [...connection(session, 'postgres'), ...options, '/proc/self/fd/3'],
    user: session.site.user,
    open: [dump.fd],
    signal: session.signal,
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
  await query(session, database, 'analyze;');
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
