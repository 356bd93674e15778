import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { watchSize } from '../engine/watch-size.js';
import { presentPlaceOf } from '../places.js';
import type { Site, StatePart, WorkOptions } from '../state-part.js';
import { mysqlDatabase, mysqlDump, quoteMysqlText, withMysql } from './mysql-engine.js';

export const DUMP = 'database.sql';
/** Scheduled events: as rows of mysql.event, because a server without grant tables does not show them otherwise. */
export const EVENTS = 'events.sql';

/** `mariadb-dump --single-transaction` with routines, triggers and events; rows of tables left out as declared. */
export async function captureMysql(site: Site, part: StatePart, into: string, options: WorkOptions): Promise<string[]> {
  const place = { site, dataFolder: await presentPlaceOf(site, part), signal: options.signal };
  await withMysql(place, async (session) => {
    const database = await mysqlDatabase(session, part);
    await using dump = await open(join(into, DUMP), 'w', 0o600);
    await using _watch = watchSize(dump, options.onProgress);
    const left = part.leaveOut.map(({ path }) => `--ignore-table-data=${database}.${path}`);
    const content = ['--single-transaction', '--routines', '--triggers', '--skip-dump-date', ...left];
    await mysqlDump(session, [...content, '--databases', database], dump.fd);
    await dump.sync();
    await using events = await open(join(into, EVENTS), 'w', 0o600);
    const where = `--where=db=${quoteMysqlText(database)}`;
    await mysqlDump(session, ['--no-create-info', '--replace', '--skip-dump-date', where, 'mysql', 'event'], events.fd);
    await events.sync();
  });
  return [DUMP, EVENTS];
}
