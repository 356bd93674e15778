import { allEnded } from '../engine/all-ended.js';
import type { CountDeclaration, PartReport, StatePart, TableReport } from '../state-part.js';
import { BucketSums } from './bucket-sums.js';
import { BESIDE, digestRows, ROW, type RowSums } from './postgres-digest.js';
import { databaseOf } from './postgres-dump.js';
import { query, type PostgresSession } from './postgres-engine.js';
import { isKeyed, type Relation, relationsOf } from './postgres-objects.js';
import { countsIn, digestOf, shownTables, textOf } from './postgres-report.js';

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
  const relations = await relationsOf(session, database, part);
  const buckets = new Map(relations.map(({ title }) => [title, 1]));
  const rows = new BucketSums(buckets);
  await digestRows(session, database, { relations, buckets }, rows.told);
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
  const buckets = new Map(relations.map(({ title }) => [title, 1]));
  const now = new BucketSums(buckets);
  const [, counted] = await allEnded([
    digestRows(session, database, { relations, buckets, isFresh }, now.told),
    countsIn(session, database, counts),
  ]);
  return { part: part.name, kind: 'postgres', tables: tablesSince(relations, copied.rows, now), counts: counted };
}

/**
 * Of a keyed table in which something has changed three sums, divided by `/`: of the rows of the copy, of the keys of all
 * rows, of the rows written since. The keys say which rows of the copy are still there. Of all others the sum of all rows.
 */
export function tablesSince(relations: readonly Relation[], copy: BucketSums, now: BucketSums): TableReport[] {
  const tables = relations.map((relation) => {
    const { title: name } = relation;
    const [then, old, fresh] = [copy.total(name), now.total(name), now.fresh(name)];
    const all = sumOf(old, fresh);
    if (!isKeyed(relation)) return { name, count: all.count, digest: digestOf(all.sums) };
    const isSame = fresh.count === 0 && all.count === then.count && all.keys === then.keys;
    const since = isSame ? [] : [textOf(all.keys), digestOf(fresh.sums)];
    return { name, count: all.count, digest: [digestOf(then.sums), ...since].join('/') };
  });
  const beside = Object.values(BESIDE).map((name) => {
    const { count, sums } = now.total(name);
    return { name, count, digest: digestOf(sums) };
  });
  return shownTables([...tables, ...beside]);
}

const sumOf = (one: RowSums, other: RowSums): RowSums => ({
  count: one.count + other.count,
  sums: [BigInt.asUintN(64, one.sums[0] + other.sums[0]), BigInt.asUintN(64, one.sums[1] + other.sums[1])],
  keys: BigInt.asUintN(64, one.keys + other.keys),
});
