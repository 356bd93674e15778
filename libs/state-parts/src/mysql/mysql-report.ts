import { countsBySql } from '../counts.js';
import { presentPlaceOf } from '../places.js';
import type { PartReport, ReportJob, TableReport } from '../state-part.js';
import {
  mysqlDatabase,
  mysqlQuery,
  quoteMysqlName as quoteName,
  quoteMysqlText as quoteText,
  withMysql,
  type MysqlSession,
} from './mysql-engine.js';

/**
 * One row per table; its digest is the sum of a 64-bit hash of each row (the first half of its MD5), so that the order in
 * which rows lie does not matter. Values are taken as they are stored: no character set is converted.
 */
export async function reportMysql({ site, part, counts, options }: ReportJob): Promise<PartReport> {
  const place = { site, dataFolder: await presentPlaceOf(site, part), signal: options.signal };
  return withMysql(place, async (session) => {
    const database = await mysqlDatabase(session, part);
    const left = new Set(part.leaveOut.map(({ path }) => path));
    const columns = await columnsOf(session, database);
    const tables = [...columns].filter(([table]) => !left.has(table)).map(([table, names]) => digestSql(table, names));
    const statements = [
      `set time_zone = '+00:00'`,
      `set group_concat_max_len = 1048576`,
      ...tables,
      objectsSql(database),
    ];
    const lines = await mysqlQuery(session, database, `${statements.join(';\n')};`);
    const found = lines.map(readLine).filter(({ name, count }) => count > 0 || !name.startsWith('('));
    const ask = (sql: string) => mysqlQuery(session, database, `${sql};`);
    return { part: part.name, kind: 'mysql', tables: found, counts: await countsBySql(counts, ask) };
  });
}

/** Names come as hexadecimal, which no separator can break. */
async function columnsOf(session: MysqlSession, database: string): Promise<Map<string, string[]>> {
  const sql = `select hex(c.table_name), hex(c.column_name), c.data_type from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = ${quoteText(database)} and t.table_type in ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')
    order by binary c.table_name, c.ordinal_position;`;
  const columns = new Map<string, string[]>();
  for (const row of await mysqlQuery(session, database, sql)) {
    const [table = '', column = '', type = ''] = row.split('\t');
    const name = fromHex(table);
    columns.set(name, [...(columns.get(name) ?? []), valueOf(quoteName(fromHex(column)), type)]);
  }
  return columns;
}

/** A column's octets with their length before them, so that no two rows give the same text; NULL is unlike any value. */
function valueOf(column: string, type: string): string {
  const octets = type === 'bit' ? `hex(${column})` : `cast(${column} as binary)`;
  return `ifnull(concat(length(${octets}), ':', ${octets}), '-')`;
}

function digestSql(table: string, values: readonly string[]): string {
  const row = `concat_ws('|', ${values.join(', ')})`;
  return `select hex(${quoteText(table)}), count(*), ${sumOf(row)} from ${quoteName(table)}`;
}

/** `conv` answers text; its sum has to be one of whole numbers, not of floating ones. */
function sumOf(text: string): string {
  return `cast(ifnull(sum(cast(conv(left(md5(${text}), 16), 16, 10) as unsigned)), 0) as char)`;
}

function objectsSql(database: string): string {
  const schema = quoteText(database);
  return `select hex('(views, indexes, triggers, routines, events)'), count(*), ${sumOf('o.x')} from (
    select concat('v ', table_name) as x from information_schema.views where table_schema = ${schema}
    union all select concat('i ', table_name, '.', index_name, '.', seq_in_index) from information_schema.statistics
      where table_schema = ${schema}
    union all select concat('t ', trigger_name) from information_schema.triggers where trigger_schema = ${schema}
    union all select concat('r ', routine_name) from information_schema.routines where routine_schema = ${schema}
    union all select concat('e ', name) from mysql.event where db = ${schema}) o`;
}

function readLine(line: string): TableReport {
  const [name = '', count, sum = '0'] = line.split('\t');
  const digest = BigInt.asUintN(64, BigInt(sum)).toString(16).padStart(16, '0');
  return { name: fromHex(name), count: Number(count), digest };
}

function fromHex(text: string): string {
  return Buffer.from(text, 'hex').toString('utf8');
}
