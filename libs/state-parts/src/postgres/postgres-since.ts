import { allEnded } from '../engine/all-ended.js';
import type { CountDeclaration, PartReport, StatePart, TableReport } from '../state-part.js';
import { BucketSums } from './bucket-sums.js';
import { type Digesting, digestRows, ROW } from './postgres-digest.js';
import { databaseOf } from './postgres-dump.js';
import { query, type PostgresSession } from './postgres-engine.js';
import { isKeyed, type Relation, relationsOf } from './postgres-objects.js';
import { countsIn, digestOf, tablesOf, textOf } from './postgres-report.js';

/*
 * The report of a database as its copy and what has changed since, so that the content of rows which have not changed is
 * not read again while an application is stopped. The copy's rows were read on both sides before that: by the source in
 * the transaction that its dump shows, by the target after it was restored.
 */

/** Which transactions a state has seen (pg_snapshot): `<xmin>:<xmax>:<those between that it has not>`. */
export async function seenBy(session: PostgresSession, database: string): Promise<string> {
  const [seen = ''] = await query(session, database, 'select txid_current_snapshot();');
  return seen;
}

/**
 * Whether a row was written by a transaction that had not ended when the copy was taken: its writer may be a part of one
 * that was open (a savepoint), of which a snapshot does not tell. An older row that is taken for a fresh one is only
 * written again. Null: transactions have been counted around meanwhile (every 2^32), and it cannot be told.
 */
export function freshSql(seen: string, now: string): string | null {
  const [open = '', next = ''] = seen.split(':');
  const [low, high, current] = [BigInt(open), BigInt(next), BigInt(now.split(':')[1] ?? '')];
  if (low >> 32n !== current >> 32n || current < high) return null;
  return `(${ROW}.xmin::text::bigint >= ${low & 0xffff_ffffn})`;
}

/** What a database holds before changes are applied. */
export interface Copied {
  readonly rows: BucketSums;
  readonly seen: string;
}

/** The sums of all its rows, without telling them apart. */
export async function sumsIn(session: PostgresSession, part: StatePart): Promise<BucketSums> {
  const database = await databaseOf(session, part);
  return sumsOf(session, database, { relations: await relationsOf(session, database, part) });
}

export async function sumsOf(
  session: PostgresSession,
  database: string,
  { relations, isFresh }: Pick<Digesting, 'relations' | 'isFresh'>,
): Promise<BucketSums> {
  const buckets = new Map(relations.map(({ title }) => [title, 1]));
  const rows = new BucketSums(buckets);
  await digestRows(session, database, { relations, buckets, ...(isFresh === undefined ? {} : { isFresh }) }, rows.told);
  return rows;
}

/** The report once changes were applied to what was copied. */
export async function reportSince(
  session: PostgresSession,
  part: StatePart,
  counts: readonly CountDeclaration[],
  copied: Copied,
): Promise<PartReport> {
  const database = await databaseOf(session, part);
  const [relations, seen] = await Promise.all([relationsOf(session, database, part), seenBy(session, database)]);
  const isFresh = freshSql(copied.seen, seen);
  if (isFresh === null) throw new Error(`transactions ${copied.seen} are not before ${seen}`);
  const [now, counted] = await allEnded([
    sumsOf(session, database, { relations, isFresh }),
    countsIn(session, database, counts),
  ]);
  return { part: part.name, kind: 'postgres', tables: tablesSince(relations, copied.rows, now), counts: counted };
}

/**
 * Of a keyed table in which something has changed three sums, divided by `/`: of the rows of the copy, of the keys of all
 * rows, of the rows written since. The keys say which rows of the copy are still there. Of all others the sum of all rows.
 */
export function tablesSince(relations: readonly Relation[], copy: BucketSums, now: BucketSums): TableReport[] {
  const keyed = new Set(relations.filter(isKeyed).map(({ title }) => title));
  return tablesOf(relations, now).map((table) => {
    if (!keyed.has(table.name)) return table;
    const [then, fresh, { keys }] = [copy.total(table.name), now.fresh(table.name), now.all(table.name)];
    const isSame = fresh.count === 0 && table.count === then.count && keys === then.keys;
    const since = isSame ? [] : [textOf(keys), digestOf(fresh.sums)];
    return { ...table, digest: [digestOf(then.sums), ...since].join('/') };
  });
}
