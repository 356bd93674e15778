import { join } from 'node:path';
import { allEnded } from '../engine/all-ended.js';
import { presentPlaceOf } from '../places.js';
import type { CaptureJob, PartReport, Site, StatePart, WorkOptions } from '../state-part.js';
import { captureChanges } from './postgres-changes.js';
import { databaseOf, dump, DUMP, readRecord, RECORD, writeRecord } from './postgres-dump.js';
import { withPostgres, type PostgresSession } from './postgres-engine.js';
import { reportIn } from './postgres-report.js';

/** `pg_dump --format=custom`, with the rows of tables left out as declared. */
export async function capturePostgres(
  site: Site,
  part: StatePart,
  into: string,
  options: WorkOptions,
): Promise<string[]> {
  await withPostgres(await placeToCapture(site, part, options), (session) => dumpInto(session, part, into, options));
  return [DUMP, RECORD];
}

/** The same and its report, by one server; of a database that was copied ahead, what has changed since. */
export async function captureReportedPostgres({
  site,
  part,
  into,
  counts,
  base,
  options,
}: CaptureJob): Promise<PartReport> {
  return withPostgres(await placeToCapture(site, part, options), async (session) => {
    const since = base === undefined ? null : await captureChanges({ session, part, base, into, counts });
    if (since !== null) return since;
    const [, reported] = await allEnded([dumpInto(session, part, into, options), reportIn(session, part, counts)]);
    return reported;
  });
}

const placeToCapture = async (site: Site, part: StatePart, { signal }: WorkOptions) => ({
  ...{ site, signal },
  dataFolder: await presentPlaceOf(site, part),
});

async function dumpInto(session: PostgresSession, part: StatePart, into: string, options: WorkOptions): Promise<void> {
  const database = await databaseOf(session, part);
  await writeRecord(into, await readRecord(session, database));
  await dump(session, { database, part, file: join(into, DUMP) }, options);
}
