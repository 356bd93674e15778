import { link, open } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreMissing } from '../places.js';
import type { CountDeclaration, PartReport, StatePart } from '../state-part.js';
import { type EarlierCopy, BucketSums, readEarlierCopy, schemaDigest } from './postgres-earlier-copy.js';
import { databaseOf, DUMP, readRecord, writeRecord } from './postgres-dump.js';
import { BESIDE, bucketOf, digestRows, ROW, SETTINGS } from './postgres-digest.js';
import { queryInto, query, quoteName, quoteText, type PostgresSession } from './postgres-engine.js';
import { type Relation, relationsOf } from './postgres-objects.js';
import { Totals } from './postgres-report.js';

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
  const base = await readEarlierCopy(work.base).catch(ignoreMissing);
  if (base === undefined) return null;
  const database = await databaseOf(session, part);
  const relations = await relationsOf(session, database, part);
  const [totals, now] = [new Totals(relations), new BucketSums()];
  const told: Totals['told'] = (...sums) => {
    totals.told(...sums);
    now.told(...sums);
  };
  const looked = await Promise.allSettled([
    digestRows(session, database, { relations, buckets: base.buckets }, told),
    isAsThen(session, database, base),
  ]);
  for (const one of looked) if (one.status === 'rejected') throw one.reason;
  if (looked[1].status === 'rejected' || !looked[1].value) return null;
  const changes = changesOf(relations, base, now.texts());
  if (changes === null || changes.rows > totals.rows() * MOST_CHANGED) return null;
  await Promise.all([
    link(join(work.base, DUMP), join(into, DUMP)),
    writeRecord(into, base.record),
    writeChanges(session, database, join(into, CHANGES), { ...changes, base }),
  ]);
  return totals.report({ session, part, counts, database });
}

async function isAsThen(session: PostgresSession, database: string, base: EarlierCopy): Promise<boolean> {
  const [record, schemaSha256] = await Promise.all([readRecord(session, database), schemaDigest(session, database)]);
  return JSON.stringify(record) === JSON.stringify(base.record) && schemaSha256 === base.schemaSha256;
}

interface Changes {
  readonly tables: readonly { readonly relation: Relation; readonly buckets: readonly number[] }[];
  readonly sequences: readonly Relation[];
  /** At least so many rows are written anew. */
  readonly rows: number;
}

/** Null: large objects have changed, or a table that has no column. */
function changesOf(relations: readonly Relation[], base: EarlierCopy, now: EarlierCopy['sums']): Changes | null {
  const changed = (title: string): number[] => {
    const [then, here] = [base.sums.get(title) ?? new Map(), now.get(title) ?? new Map()];
    return [...new Set([...then.keys(), ...here.keys()])].filter((bucket) => then.get(bucket) !== here.get(bucket));
  };
  if (Object.values(BESIDE).some((title) => changed(title).length > 0)) return null;
  const found = relations.map((relation) => ({ relation, buckets: changed(relation.title) }));
  const all = found.filter(({ buckets }) => buckets.length > 0);
  const tables = all.filter(({ relation }) => relation.kind === 'r');
  if (tables.some(({ relation }) => relation.columns.length === 0)) return null;
  const sequences = all.flatMap(({ relation }) => (relation.kind === 'S' ? [relation] : []));
  const rowsIn = (title: string, bucket: number) => Number(now.get(title)?.get(bucket)?.split(' ')[0] ?? 0);
  const counted = tables.flatMap(({ relation, buckets }) => buckets.map((bucket) => rowsIn(relation.title, bucket)));
  return { tables, sequences, rows: counted.reduce((sum, rows) => sum + rows, 0) };
}

/** One transaction: rows of changed buckets go and come, without triggers; then sequences and materialized views. */
async function writeChanges(
  session: PostgresSession,
  database: string,
  file: string,
  { tables, sequences, base }: Changes & { readonly base: EarlierCopy },
): Promise<void> {
  const views = tables.length === 0 ? [] : await query(session, database, MATERIALIZED_VIEWS);
  const script = [
    SETTINGS,
    'begin isolation level repeatable read read only;',
    print(`${SETTINGS}\nbegin;\nset session_replication_role = replica;`),
    ...tables.flatMap(({ relation, buckets }) => rowsOf(relation, base.buckets.get(relation.title) ?? 1, buckets)),
    ...sequences.map(({ quoted }) => sequenceSql(quoted)),
    print(['commit;', ...views].join('\n')),
  ];
  await using handle = await open(file, 'w', 0o600);
  await queryInto(session, database, script.join('\n'), handle.fd);
  await handle.sync();
}

/** A statement whose one row is this text. */
const print = (text: string): string => `select ${quoteText(text)};`;

function rowsOf(relation: Relation, buckets: number, changed: readonly number[]): string[] {
  const { quoted } = relation;
  const columns = relation.columns.map(quoteName);
  const own = columns.map((name) => `${ROW}.${name}`).join(', ');
  const where = `where ${bucketOf(relation, buckets)} in (select unnest('{${changed.join(',')}}'::bigint[]))`;
  return [
    print(`delete from only ${quoted} as ${ROW} ${where};\ncopy ${quoted} (${columns.join(', ')}) from stdin;`),
    `copy (select ${own} from only ${quoted} as ${ROW} ${where}) to stdout;`,
    print('\\.'),
  ];
}

const sequenceSql = (quoted: string): string =>
  `select format('select setval(%L, %s, %L);', ${quoteText(quoted)}, last_value, is_called) from ${quoted};`;

/** In the order in which they were made, for one may be made of another. */
const MATERIALIZED_VIEWS = `select format('refresh materialized view %I.%I;', n.nspname, c.relname)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'm' and c.relispopulated order by c.oid;`;
