import { countsBySql } from '../counts.js';
import { allEnded } from '../engine/all-ended.js';
import { presentPlaceOf } from '../places.js';
import type { CountDeclaration, PartReport, ReportJob, StatePart, TableReport } from '../state-part.js';
import { databaseOf } from './postgres-dump.js';
import { BESIDE, digestRows, type RowSums, type ToldSums } from './postgres-digest.js';
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
  const totals = new Totals(relations);
  const [, counted] = await allEnded([
    digestRows(session, database, { relations, buckets: new Map() }, totals.told),
    countsIn(session, database, counts),
  ]);
  return totals.report(part, counted);
}

/** The numbers that the package declares. */
export const countsIn = (
  session: PostgresSession,
  database: string,
  counts: readonly CountDeclaration[],
): Promise<PartReport['counts']> => countsBySql(counts, (sql) => query(session, database, `begin read only; ${sql};`));

/** Adds up what is told of rows. */
export class Totals {
  readonly #sums: Map<string, Omit<RowSums, 'keys'>>;

  constructor(relations: readonly Relation[]) {
    const titles = [...relations.map(({ title }) => title), ...Object.values(BESIDE)];
    this.#sums = new Map(titles.map((title) => [title, { count: 0, sums: [0n, 0n] }]));
  }

  readonly told: ToldSums = (title, _bucket, { count, sums }) => {
    const before = this.#sums.get(title) ?? { count: 0, sums: [0n, 0n] };
    this.#sums.set(title, {
      count: before.count + count,
      sums: [BigInt.asUintN(64, before.sums[0] + sums[0]), BigInt.asUintN(64, before.sums[1] + sums[1])],
    });
  };

  report({ name }: StatePart, counts: PartReport['counts']): PartReport {
    return { part: name, kind: 'postgres', tables: this.tables(), counts };
  }

  tables(): TableReport[] {
    return shownTables([...this.#sums].map(([name, { count, sums }]) => ({ name, count, digest: digestOf(sums) })));
  }
}

/** Without what lies beside tables and is not there. */
export const shownTables = (tables: readonly TableReport[]): TableReport[] =>
  tables.filter(({ name, count }) => count > 0 || !name.startsWith('('));

/** Of 64 bits. */
export const textOf = (sum: bigint): string => sum.toString(16).padStart(16, '0');

export const digestOf = (sums: RowSums['sums']): string => sums.map(textOf).join('');
