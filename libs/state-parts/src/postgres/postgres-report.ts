import { countsBySql } from '../counts.js';
import { allEnded } from '../engine/all-ended.js';
import { presentPlaceOf } from '../places.js';
import type { CountDeclaration, PartReport, ReportJob, StatePart, TableReport } from '../state-part.js';
import { databaseOf } from './postgres-dump.js';
import { BucketSums } from './bucket-sums.js';
import { BESIDE, digestRows, type RowSums } from './postgres-digest.js';
import { query, withPostgres, type PostgresSession } from './postgres-engine.js';
import { type Relation, relationsOf } from './postgres-objects.js';

/**
 * One row per table and sequence; a digest is the sum of two 64-bit hashes of each row's text, so that the order in
 * which rows lie does not matter and twice the same row is not the same as none.
 */
export async function reportPostgres({ site, part, counts, options }: ReportJob): Promise<PartReport> {
  const place = { site, dataFolder: await presentPlaceOf(site, part), signal: options.signal };
  return withPostgres(place, (session) => reportIn(session, part, counts));
}

/** The same by a server that runs. */
export async function reportIn(
  session: PostgresSession,
  part: StatePart,
  counts: readonly CountDeclaration[],
): Promise<PartReport> {
  const database = await databaseOf(session, part);
  const relations = await relationsOf(session, database, part);
  const rows = new BucketSums(new Map());
  const [, counted] = await allEnded([
    digestRows(session, database, { relations, buckets: new Map() }, rows.told),
    countsIn(session, database, counts),
  ]);
  return { part: part.name, kind: 'postgres', tables: tablesOf(relations, rows), counts: counted };
}

/** The numbers that the package declares. */
export const countsIn = (
  session: PostgresSession,
  database: string,
  counts: readonly CountDeclaration[],
): Promise<PartReport['counts']> => countsBySql(counts, (sql) => query(session, database, `begin read only; ${sql};`));

/** Of tables and sequences, and of what lies beside them where it is there. */
export function tablesOf(relations: readonly Relation[], rows: BucketSums): TableReport[] {
  const titles = [...relations.map(({ title }) => title), ...Object.values(BESIDE)];
  const tables = titles.map((name) => {
    const { count, sums } = rows.all(name);
    return { name, count, digest: digestOf(sums) };
  });
  return tables.filter(({ name, count }) => count > 0 || !name.startsWith('('));
}

/** Of 64 bits. */
export const textOf = (sum: bigint): string => sum.toString(16).padStart(16, '0');

export const digestOf = (sums: RowSums['sums']): string => sums.map(textOf).join('');
