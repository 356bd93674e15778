import { z } from 'zod';
import { countsBySql } from '../counts.js';
import { presentPlaceOf } from '../places.js';
import type { PartReport, ReportJob, TableReport } from '../state-part.js';
import { databaseOf } from './postgres-capture.js';
import { query, quoteName, withPostgres, type PostgresSession } from './postgres-engine.js';

const Found = z.object({ schema: z.string(), name: z.string(), kind: z.enum(['r', 'S']) });
type Found = z.infer<typeof Found>;

/** What makes the text of a row the same everywhere. */
const SETTINGS = `set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres';
  set extra_float_digits = 1; set bytea_output = 'hex'; set lc_monetary = 'C'; set xmloption = 'content';
  set max_parallel_workers_per_gather = 2; set search_path = ''; begin isolation level repeatable read read only;`;

const OBJECTS = `select json_build_object('schema', n.nspname, 'name', c.relname, 'kind', c.relkind)
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'S') and c.relpersistence <> 't' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  order by n.nspname collate "C", c.relname collate "C"`;

/**
 * One row per table and sequence; a digest is the sum of two 64-bit hashes of each row's text, so that the order in
 * which rows lie does not matter and twice the same row is not the same as none.
 */
export async function reportPostgres({ site, part, counts, options }: ReportJob): Promise<PartReport> {
  const place = { site, dataFolder: await presentPlaceOf(site, part), signal: options.signal };
  return withPostgres(place, async (session) => {
    const database = await databaseOf(session, part);
    const left = new Set(part.leaveOut.map(({ path }) => path));
    const found = (await query(session, database, `${OBJECTS};`))
      .map((line) => Found.parse(JSON.parse(line)))
      .filter(({ schema, name }) => !left.has(name) && !left.has(`${schema}.${name}`));
    const tables = await digest(session, database, found);
    const ask = (sql: string) => query(session, database, `begin read only; ${sql};`);
    return { part: part.name, kind: 'postgres', tables, counts: await countsBySql(counts, ask) };
  });
}

async function digest(session: PostgresSession, database: string, found: readonly Found[]): Promise<TableReport[]> {
  const statements = [...found.map(digestOf), DIGEST_LARGE_OBJECTS, DIGEST_SCHEMA];
  const lines = await query(session, database, [SETTINGS, ...statements].join(';\n').concat(';'));
  return lines.map(readLine).filter(({ name, count }) => count > 0 || !name.startsWith('('));
}

const ROW = '"freehold: this row"';

function digestOf({ schema, name, kind }: Found): string {
  const relation = `${quoteName(schema)}.${quoteName(name)}`;
  const title = `${kind === 'S' ? 'sequence ' : ''}${schema}.${name}`;
  const columns = kind === 'S' ? `(select last_value, is_called from ${relation})` : `only ${relation}`;
  return digestSql(title, `${columns} as ${ROW}`, `${ROW}::text`);
}

const DIGEST_LARGE_OBJECTS = digestSql(
  '(large objects)',
  'pg_catalog.pg_largeobject l',
  "l.loid::text || ':' || l.pageno::text || ':' || encode(l.data, 'hex')",
);

/** Names only: how a definition is written out differs between versions. */
const DIGEST_SCHEMA = digestSql(
  '(views, indexes, triggers, functions)',
  `(select c.relkind::text || ' ' || n.nspname || '.' || c.relname as x from pg_class c
      join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('v', 'm', 'i', 'p', 'I')
      and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
    union all select 't ' || t.tgrelid::regclass::text || '.' || t.tgname from pg_trigger t where not t.tgisinternal
    union all select 'f ' || p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname <> 'information_schema' and n.nspname !~ '^pg_') o`,
  'o.x',
);

function digestSql(title: string, from: string, text: string): string {
  const hash = (seed: number) => `coalesce(sum(hashtextextended((${text}) collate "C", ${seed})::numeric), 0)`;
  const name = `'${title.replaceAll("'", "''")}'`;
  return `select json_build_array(${name}, count(*)::text, ${hash(0)}::text, ${hash(1)}::text) from ${from}`;
}

const Line = z.tuple([z.string(), z.string(), z.string(), z.string()]);

function readLine(line: string): TableReport {
  const [name, count, ...sums] = Line.parse(JSON.parse(line));
  const hex = sums.map((sum) => BigInt.asUintN(64, BigInt(sum)).toString(16).padStart(16, '0'));
  return { name, count: Number(count), digest: hex.join('') };
}
