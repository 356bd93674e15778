import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { endLeftEngine } from '../engine/left-engine.js';
import {
  capturedFile,
  freshFolder,
  ignoreMissing,
  makeParents,
  mendSwap,
  placeOf,
  successorOf,
  swap,
} from '../places.js';
import { syncTree } from '../sync-tree.js';
import type { Site, StatePart, WorkOptions } from '../state-part.js';
import { DUMP, EVENTS } from './mysql-capture.js';
import { makeDataFolder } from './mysql-data-folder.js';
import { mysqlClient, mysqlDump, withMysql, type MysqlPlace } from './mysql-engine.js';

const ACCOUNTS = ['global_priv', 'db', 'tables_priv', 'columns_priv', 'procs_priv', 'roles_mapping', 'proxies_priv'];

/**
 * Makes a data folder beside the old one, loads the dump and swaps the two. Accounts and their rights are no part of the
 * state (they hold passwords): those that the old folder has are kept.
 */
export async function restoreMysql(site: Site, part: StatePart, from: string, options: WorkOptions): Promise<void> {
  const [dump, events] = [await capturedFile(from, DUMP), await capturedFile(from, EVENTS)];
  await makeParents(site, part);
  const place = await placeOf(site, part);
  await mendSwap(place);
  const fresh = successorOf(place);
  if ((await lstat(fresh).catch(ignoreMissing)) !== undefined) await endLeftEngine(site, fresh);
  await freshFolder(site, fresh);
  await makeDataFolder(site, fresh, options.signal);
  const accounts = await accountsOf({ site, dataFolder: place, signal: options.signal });
  await withMysql({ site, dataFolder: fresh, signal: options.signal, disposable: true }, async (session) => {
    await using dumpHandle = await open(dump, 'r');
    await using eventHandle = await open(events, 'r');
    await mysqlClient(session, { input: dumpHandle.fd });
    await mysqlClient(session, { args: ['mysql'], input: eventHandle.fd });
    await mysqlClient(session, { args: ['mysql'], input: accounts });
  });
  await syncTree(fresh);
  await swap(place);
}

/** SQL that makes the accounts of the folder that the host has prepared; none if there is no such folder. */
async function accountsOf(place: MysqlPlace): Promise<string> {
  if ((await lstat(join(place.dataFolder, 'ibdata1')).catch(ignoreMissing)) === undefined) return '';
  return withMysql(place, (session) =>
    mysqlDump(session, ['--no-create-info', '--replace', '--skip-dump-date', 'mysql', ...ACCOUNTS]),
  );
}
