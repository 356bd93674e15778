import { link, open } from 'node:fs/promises';
import { join } from 'node:path';
import { allEnded } from '../engine/all-ended.js';
import { ignoreMissing } from '../places.js';
import type { CountDeclaration, PartReport, StatePart } from '../state-part.js';
import { BucketSums } from './bucket-sums.js';
import { type EarlierCopy, readBuckets, readEarlierCopy, schemaDigest } from './postgres-earlier-copy.js';
import { databaseOf, DUMP, readRecord, writeRecord } from './postgres-dump.js';
import { BESIDE, bucketOf, digestRows, ROW, SETTINGS } from './postgres-digest.js';
import { queryInto, quoteName, quoteText, type PostgresSession } from './postgres-engine.js';
import { isKeyed, type Relation, relationsOf } from './postgres-objects.js';
import { countsIn } from './postgres-report.js';
import { freshSql, seenBy, sumsOf, tablesSince } from './postgres-since.js';

/** What makes a restored base what the database is now: SQL for psql(1), beside the base's dump. */
export const CHANGES = 'changes.sql';

/** Where more of the rows have changed, a new dump is as fast. */
const MOST_CHANGED = 0.5;

interface Capturing {
  readonly session: PostgresSession;
  readonly part: StatePart;
  /** The folder of `copyPostgres`. */
  readonly base: string;
  readonly into: string;
  readonly counts: readonly CountDeclaration[];
}

/**
 * Captures a database at rest as its base and what has changed since, found by digests of all its rows. Null: it takes a
 * dump of everything, because there is no base, because something else than rows has changed, or because most has.
 */
export async function captureChanges(work: Capturing): Promise<PartReport | null> {
  const { session, part, into, counts } = work;
  const [base, database] = await allEnded([readEarlierCopy(work.base).catch(ignoreMissing), databaseOf(session, part)]);
  if (base === undefined) return null;
  const [relations, seen] = await allEnded([relationsOf(session, database, part), seenBy(session, database)]);
  const isFresh = freshSql(base.seen, seen);
  if (isFresh === null) return null;
  const [now, isSame, counted] = await allEnded([
    sumsOf(session, database, { relations, isFresh }),
    isAsThen(session, database, base),
    countsIn(session, database, counts),
  ]);
  if (!isSame) return null;
  const tables = tablesSince(relations, base.totals, now);
  const found = changesIn(relations, base.totals, now);
  const rows = tables.reduce((sum, { count }) => sum + count, 0);
  if (found === null || found.rows > rows * MOST_CHANGED) return null;
  const changes = { ...found, tables: await toldApart(work, database, found.tables, isFresh) };
  await Promise.all([
    link(join(work.base, DUMP), join(into, DUMP)),
    writeRecord(into, base.record),
    writeChanges(session, database, join(into, CHANGES), { ...changes, isFresh }),
  ]);
  return { part: part.name, kind: 'postgres', tables, counts: counted };
}

async function isAsThen(session: PostgresSession, database: string, base: EarlierCopy): Promise<boolean> {
  const [record, schemaSha256] = await Promise.all([readRecord(session, database), schemaDigest(session, database)]);
  return JSON.stringify(record) === JSON.stringify(base.record) && schemaSha256 === base.schemaSha256;
}

interface Changed {
  readonly relation: Relation;
  /** Rows of the copy have changed or gone; the keys of those that have only changed are among those that are fresh. */
  readonly hasChanged: boolean;
  readonly hasLost: boolean;
}

interface Changes<Table> {
  readonly tables: readonly Table[];
  readonly sequences: readonly Relation[];
  /** At least so many rows are written. */
  readonly rows: number;
}

/** Null: large objects have changed, or a table that has no column. */
function changesIn(relations: readonly Relation[], then: BucketSums, now: BucketSums): Changes<Changed> | null {
  if (Object.values(BESIDE).some((title) => now.changed(title, then, 'content').length > 0)) return null;
  const found = relations.map((relation): Changed => {
    const { changed, gone } = lostIn(relation, then, now);
    return { relation, hasChanged: changed.length > 0, hasLost: gone.length > 0 };
  });
  const all = found.filter(({ relation, hasChanged }) => hasChanged || now.fresh(relation.title).count > 0);
  const tables = all.filter(({ relation }) => relation.kind === 'r');
  if (tables.some(({ relation }) => relation.columns.length === 0)) return null;
  const sequences = all.flatMap(({ relation }) => (relation.kind === 'S' ? [relation] : []));
  const rows = tables.reduce((sum, { relation }) => sum + now.fresh(relation.title).count, 0);
  return { tables, sequences, rows };
}

interface Lost {
  /** Buckets in which rows of the copy have changed or gone. */
  readonly changed: readonly number[];
  /** Those of them in which not all keys are the same as then. */
  readonly gone: readonly number[];
}

function lostIn(relation: Relation, then: BucketSums, now: BucketSums): Lost {
  const { title } = relation;
  const changed = now.changed(title, then, isKeyed(relation) ? 'keys' : 'content');
  return { changed, gone: isKeyed(relation) ? now.gone(title, then, changed) : changed };
}

interface ChangedTable extends Omit<Changed, 'hasLost'> {
  /** Those in which rows of the copy have gone. */
  readonly buckets: readonly number[];
  /** How many there are in all. */
  readonly size: number;
}

/** Reads the tables once more in which rows of the copy have gone, or some have changed while others came. */
async function toldApart(
  { session, base }: Capturing,
  database: string,
  tables: readonly Changed[],
  isFresh: string,
): Promise<ChangedTable[]> {
  const relations = tables.flatMap(({ relation, hasLost }) => (hasLost ? [relation] : []));
  const then = relations.length === 0 ? new BucketSums(new Map()) : await readBuckets(base);
  const buckets = new Map(relations.map(({ title }) => [title, then.size(title)]));
  const now = new BucketSums(buckets);
  await digestRows(session, database, { relations, buckets, isFresh, rowsOnly: true }, now.told);
  return tables.map(({ relation, hasChanged, hasLost }) => {
    const buckets = hasLost ? lostIn(relation, then, now).gone : [];
    return { relation, hasChanged, buckets, size: then.size(relation.title) };
  });
}

/** One transaction, without triggers: rows that have changed or gone go, those that are fresh come; then sequences, and views. */
async function writeChanges(
  session: PostgresSession,
  database: string,
  file: string,
  { tables, sequences, isFresh }: Changes<ChangedTable> & { readonly isFresh: string },
): Promise<void> {
  const script = [
    SETTINGS,
    'begin isolation level repeatable read read only;',
    print(`${SETTINGS}\nbegin;\nset session_replication_role = replica;\ncreate temp table kept (h bigint);`),
    ...tables.flatMap((table) => changesOf(table, isFresh)),
    ...sequences.map(({ quoted }) => sequenceSql(quoted)),
    print('commit;'),
    ...(tables.length === 0 ? [] : [MATERIALIZED_VIEWS]),
  ];
  await using handle = await open(file, 'w', 0o600);
  await queryInto(session, database, script.join('\n'), handle.fd);
  await handle.sync();
}

/** A statement whose one row is this text. */
const print = (text: string): string => `select ${quoteText(text)};`;

const HASH = `hashtextextended((${ROW}::text) collate "C", 0)`;

const inBuckets = ({ relation, buckets, size }: ChangedTable): string =>
  `${bucketOf(relation, size)} in (select unnest('{${buckets.join(',')}}'::bigint[]))`;

function changesOf(table: ChangedTable, isFresh: string): string[] {
  const gone = table.buckets.length === 0 ? [] : goneRows(table, isFresh);
  const isReplaced = table.hasChanged && isKeyed(table.relation);
  return isReplaced ? replacedRows(table.relation, isFresh, gone) : [...gone, ...freshRows(table, isFresh)];
}

/** Fresh rows come beside the table; rows that have their keys go, those that have gone go, then they come into it. */
function replacedRows(relation: Relation, isFresh: string, gone: readonly string[]): string[] {
  const { quoted, key } = relation;
  const columns = relation.columns.map(quoteName).join(', ');
  const same = (key ?? []).map(quoteName).map((name) => `f.${name} = ${ROW}.${name}`);
  return [
    print(`create temp table fresh as select ${columns} from only ${quoted} limit 0;`),
    ...copied('pg_temp.fresh', relation, isFresh),
    print(`analyze pg_temp.fresh;
delete from only ${quoted} as ${ROW} using pg_temp.fresh f where ${same.join(' and ')};`),
    ...gone,
    print(`insert into ${quoted} (${columns}) overriding system value select ${columns} from pg_temp.fresh;
drop table pg_temp.fresh;`),
  ];
}

/** Of those in the same buckets, rows that are still there are named by their hashes; where two may be equal, all go. */
function goneRows(table: ChangedTable, isFresh: string): string[] {
  const { quoted, key } = table.relation;
  const where = inBuckets(table);
  const deleted = `delete from only ${quoted} as ${ROW} where ${where}`;
  if (key === null) return [print(`${deleted};`)];
  return [
    print('truncate pg_temp.kept;\ncopy pg_temp.kept from stdin;'),
    `copy (select ${HASH} from only ${quoted} as ${ROW} where ${where} and not ${isFresh}) to stdout;`,
    print('\\.'),
    print(`analyze pg_temp.kept;\n${deleted} and not exists (select from pg_temp.kept k where k.h = ${HASH});`),
  ];
}

function freshRows(table: ChangedTable, isFresh: string): string[] {
  const { relation, buckets } = table;
  const isWhole = relation.key === null && buckets.length > 0;
  return copied(relation.quoted, relation, isWhole ? `${isFresh} or ${inBuckets(table)}` : isFresh);
}

function copied(into: string, { quoted, columns }: Relation, where: string): string[] {
  const names = columns.map(quoteName);
  const own = names.map((name) => `${ROW}.${name}`).join(', ');
  return [
    print(`copy ${into} (${names.join(', ')}) from stdin;`),
    `copy (select ${own} from only ${quoted} as ${ROW} where ${where}) to stdout;`,
    print('\\.'),
  ];
}

const sequenceSql = (quoted: string): string =>
  `select format('select setval(%L, %s, %L);', ${quoteText(quoted)}, last_value, is_called) from ${quoted};`;

/** In the order in which they were made, for one may be made of another. */
const MATERIALIZED_VIEWS = `select format('refresh materialized view %I.%I;', n.nspname, c.relname)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'm' and c.relispopulated order by c.oid;`;
