import { availableParallelism } from 'node:os';
import { allEnded } from '../engine/all-ended.js';
import { queryLines, quoteName, type PostgresSession } from './postgres-engine.js';
import { isKeyed, type Relation } from './postgres-objects.js';

/** What makes the text of a row the same everywhere. */
export const SETTINGS = `set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres';
  set extra_float_digits = 1; set bytea_output = 'hex'; set lc_monetary = 'C'; set xmloption = 'content';
  set search_path = ''; set jit = off;`;

/** Rows, and the sums, modulo 2^64, of two hashes of each row's text: in which order rows lie does not matter. */
export interface RowSums {
  readonly count: number;
  readonly sums: readonly [bigint, bigint];
  /** The same of a hash of each row's key; 0 where rows are not told apart, or have none. */
  readonly keys: bigint;
}

/** Told the rows of one bucket of one relation, or of a part of them: what is told of the same bucket adds up. */
export type ToldSums = (of: string, bucket: number, sums: RowSums) => void;

export interface Digesting {
  readonly relations: readonly Relation[];
  /** Rows are told apart by so many buckets of their key; a power of two. Of a relation that is not named they are not. */
  readonly buckets: ReadonlyMap<string, number>;
  /** Of a transaction whose rows are meant, where others may write meanwhile (pg_export_snapshot). */
  readonly snapshot?: string;
  /**
   * SQL: whether a row has been written since; such a row of bucket n is told as one of -1 - n. Of the others of a keyed
   * table only the keys are read: a row of the same transaction is the same row (MVCC). Their sums are 0.
   */
  readonly isFresh?: string;
  /** Nothing of what lies beside tables and sequences. */
  readonly rowsOnly?: boolean;
}

/** Titles of what lies beside tables and sequences. */
export const BESIDE = {
  largeObjects: '(large objects)',
  definitions: '(views, indexes, triggers, functions)',
} as const;

/** A table with as many blocks is read by all sessions at once. */
const PIECE_BLOCKS = 2_048;

/** Reads all rows once, in as many sessions at once as there are processors. */
export async function digestRows(
  session: PostgresSession,
  database: string,
  { relations, buckets, snapshot, isFresh, rowsOnly = false }: Digesting,
  told: ToldSums,
): Promise<void> {
  const tasks = [
    ...relations.flatMap((relation) => piecesOf(session, relation, { buckets: buckets.get(relation.title), isFresh })),
    ...(rowsOnly ? [] : OTHERS),
  ];
  const begin = `begin isolation level repeatable read read only;${snapshot === undefined ? '' : ` set transaction snapshot '${snapshot}';`}`;
  const work = shares(tasks).map((share) => {
    const statements = share.map(({ number, sql }) => `select ${number}, s.* from (${sql}) s;`);
    return queryLines(session, database, [SETTINGS, begin, ...statements].join('\n'), (line) => {
      const [number = '', bucket = '', count = '', first = '', second = '', keys = ''] = line.split('|');
      const { title } = tasks[Number(number)] ?? { title: '' };
      told(title, Number(bucket), {
        count: Number(count),
        sums: [BigInt.asUintN(64, BigInt(first)), BigInt.asUintN(64, BigInt(second))],
        keys: BigInt.asUintN(64, BigInt(keys)),
      });
    });
  });
  await allEnded(work);
}

interface Task {
  readonly title: string;
  readonly sql: string;
  readonly weight: number;
}

/** The heaviest first, each to whoever has the least. */
function shares(tasks: readonly Task[]): (Task & { number: number })[][] {
  const sessions = Array.from({ length: availableParallelism() }, () => ({
    weight: 0,
    tasks: [] as (Task & { number: number })[],
  }));
  const numbered = tasks.map((task, number) => ({ ...task, number })).sort((a, b) => b.weight - a.weight);
  for (const task of numbered) {
    const [least] = [...sessions].sort((a, b) => a.weight - b.weight);
    least?.tasks.push(task);
    if (least !== undefined) least.weight += task.weight;
  }
  return sessions.map((one) => one.tasks).filter(({ length }) => length > 0);
}

/** Since PostgreSQL 14 a range of ctids is read without the rest of the table. */
function piecesOf(
  { majorVersion }: PostgresSession,
  relation: Relation,
  telling: { readonly buckets: number | undefined; readonly isFresh: string | undefined },
): Task[] {
  const { title, blocks, quoted } = relation;
  if (relation.kind === 'S') {
    const sql = rows(
      `select ${ROW}::text as x, 0 as b, 0 as k from (select last_value, is_called from ${quoted}) as ${ROW}`,
    );
    return [{ title, sql, weight: 1 }];
  }
  const pieces = majorVersion < 14 || blocks < PIECE_BLOCKS ? 1 : availableParallelism();
  const size = Math.ceil(blocks / pieces);
  return Array.from({ length: pieces }, (_, piece) => {
    const ranges = [
      ...(piece === 0 ? [] : [`ctid >= '(${piece * size},0)'`]),
      ...(piece === pieces - 1 ? [] : [`ctid < '(${(piece + 1) * size},0)'`]),
    ];
    const where = ranges.length === 0 ? '' : ` where ${ranges.join(' and ')}`;
    return { title, sql: rowsOf(relation, where, telling), weight: 1 + blocks / pieces };
  });
}

export const ROW = '"freehold: this row"';

function rowsOf(
  relation: Relation,
  where: string,
  { buckets, isFresh }: { readonly buckets: number | undefined; readonly isFresh: string | undefined },
): string {
  const { key, quoted } = relation;
  const from = `from only ${quoted} as ${ROW}${where}`;
  if (buckets === undefined) return rows(`select ${ROW}::text as x, 0 as b, 0 as k ${from}`);
  const isByKeys = isFresh !== undefined && isKeyed(relation);
  const content = isByKeys ? `case when ${isFresh} then ${ROW}::text end` : `${ROW}::text`;
  if (isByKeys && buckets === 1) return byKeys(`select ${content} as x, ${hashOf(key)} as k ${from}`);
  const text = `select ${content} as x, ${hashOf(key)} as h, ${isFresh ?? 'false'} as f ${from} offset 0`;
  const bucket = `h & ${buckets - 1}`;
  const told = `select x, case when f then -1 - (${bucket}) else ${bucket} end as b, ${key === null ? '0' : 'h'} as k`;
  return rows(`${told} from (${text}) t`, true);
}

/** Of a row's key where it has one, so that few are concerned when it changes. The same on every machine of the same byte order. */
function hashOf(key: Relation['key']): string {
  const columns = key?.map((name) => `${ROW}.${quoteName(name)}`) ?? [ROW];
  const told = columns.length === 1 ? `${columns.join('')}::text` : `row(${columns.join(', ')})::text`;
  return `hashtextextended((${told}) collate "C", 7)`;
}

/** The bucket of a row, from 0. */
export const bucketOf = ({ key }: Pick<Relation, 'key'>, buckets: number): string =>
  buckets === 1 ? '0' : `${hashOf(key)} & ${buckets - 1}`;

/** `offset 0`: the text of a row is made once, not once a hash. */
function rows(text: string, isGrouped = false): string {
  const sums = [0, 1].map((seed) => `coalesce(sum(hashtextextended(x collate "C", ${seed})), 0)`).join(', ');
  const told = `count(*), ${sums}, coalesce(sum(k), 0)`;
  return isGrouped
    ? `select b, ${told} from (${text} offset 0) r group by b`
    : `select 0, ${told} from (${text} offset 0) r`;
}

/** The same of rows that are not told apart, in a third of the time: those without content are one bucket, the others one. */
function byKeys(text: string): string {
  const sums = [0, 1]
    .map((seed) => `coalesce(sum(hashtextextended(x collate "C", ${seed})), 0) as s${seed}`)
    .join(', ');
  const keys = `coalesce(sum(k), 0) as k, coalesce(sum(case when x is not null then k end), 0) as fk`;
  return `select v.* from (select count(*) as n, count(x) as f, ${sums}, ${keys} from (${text} offset 0) t) r,
    lateral (values (0, n - f, 0, 0, k - fk), (-1, f, s0, s1, fk)) v`;
}

const LARGE_OBJECTS = `select l.loid::text || ':' || l.pageno::text || ':' || encode(l.data, 'hex') as x, 0 as b, 0 as k
  from pg_catalog.pg_largeobject l`;

/** Names only: how a definition is written out differs between versions. */
const DEFINITIONS = `select o.x, 0 as b, 0 as k from (select c.relkind::text || ' ' || n.nspname || '.' || c.relname as x
      from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('v', 'm', 'i', 'p', 'I')
      and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
    union all select 't ' || t.tgrelid::regclass::text || '.' || t.tgname from pg_trigger t where not t.tgisinternal
    union all select 'f ' || p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname <> 'information_schema' and n.nspname !~ '^pg_') o`;

const OTHERS: readonly Task[] = [
  { title: BESIDE.largeObjects, sql: rows(LARGE_OBJECTS), weight: 1 },
  { title: BESIDE.definitions, sql: rows(DEFINITIONS), weight: 1 },
];
