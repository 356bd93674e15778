import { z } from 'zod';
import type { StatePart } from '../state-part.js';
import { query, quoteName, type PostgresSession } from './postgres-engine.js';

const Found = z.object({
  schema: z.string(),
  name: z.string(),
  kind: z.enum(['r', 'S']),
  /** Of 8 KiB, usually. */
  blocks: z.int(),
  /** Columns that tell rows apart; null: there are none such, and the same row may be there twice. */
  key: z.array(z.string()).nullable(),
  /** Its columns are of types of PostgreSQL itself, whose `=` is known wherever one looks from. */
  hasPlainKey: z.boolean(),
  /** Its rows are PostgreSQL's own versions of rows, which are never changed in place. */
  hasVersions: z.boolean(),
  /** Columns that are stored and not computed. */
  columns: z.array(z.string()),
});

/** Whether the keys of its rows tell which rows it has, and their transactions which of them are as they were. */
export const isKeyed = ({ kind, key, hasPlainKey, hasVersions }: Relation): boolean =>
  kind === 'r' && key !== null && hasPlainKey && hasVersions;

/** A table or a sequence. */
export interface Relation extends z.infer<typeof Found> {
  /** As it is called in reports. */
  readonly title: string;
  /** As it is called in SQL. */
  readonly quoted: string;
}

/** Of the columns of the primary key, or of a unique index without nulls. */
const ofKey = (what: string): string => `(select ${what} from
    (select i.indkey from pg_index i where i.indrelid = c.oid and i.indisunique and i.indimmediate
       and i.indexprs is null and i.indpred is null and not exists (select from unnest(i.indkey::int2[]) as one (attnum)
         join pg_attribute a on a.attrelid = c.oid and a.attnum = one.attnum where not a.attnotnull)
     order by i.indisprimary desc, i.indnatts, (select x.relname from pg_class x where x.oid = i.indexrelid) limit 1) as i,
    unnest(i.indkey::int2[]) with ordinality as k (attnum, n)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum join pg_type t on t.oid = a.atttypid)`;

const OBJECTS = `select json_build_object('schema', n.nspname, 'name', c.relname, 'kind', c.relkind,
    'blocks', pg_relation_size(c.oid) / current_setting('block_size')::int, 'key', ${ofKey('json_agg(a.attname order by k.n)')},
    'hasPlainKey', ${ofKey(`coalesce(bool_and(t.typnamespace = 'pg_catalog'::regnamespace), false)`)},
    'hasVersions', coalesce((select m.amname = 'heap' from pg_am m where m.oid = c.relam), false),
    'columns', (select coalesce(json_agg(a.attname order by a.attnum), '[]') from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''))
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'S') and c.relpersistence <> 't' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  order by n.nspname collate "C", c.relname collate "C";`;

/** Tables and sequences of a database, without those that are left out. */
export async function relationsOf(session: PostgresSession, database: string, part: StatePart): Promise<Relation[]> {
  const left = new Set(part.leaveOut.map(({ path }) => path));
  const lines = await query(session, database, OBJECTS);
  return lines
    .map((line) => Found.parse(JSON.parse(line)))
    .filter(({ schema, name }) => !left.has(name) && !left.has(`${schema}.${name}`))
    .map((found) => ({
      ...found,
      title: `${found.kind === 'S' ? 'sequence ' : ''}${found.schema}.${found.name}`,
      quoted: `${quoteName(found.schema)}.${quoteName(found.name)}`,
    }));
}
