import pg from 'pg';
import type { Cell } from './cell.js';
import { CONTEXTS } from './cell-services.js';

/**
 * Every row of every table of the read models, editions included, as a rebuild brings them back. Folded states come back only
 * when somebody folds again (ADR 0035).
 */
export async function databaseRows(cell: Cell): Promise<Map<string, string[]>> {
  const all = await everyRow(cell);
  return new Map([...all].filter(([table]) => !table.includes('.aggregate_state')));
}

/** Every row of every table, as text: `<schema>.<table>` → rows in a stable order. */
export async function everyRow(cell: Cell): Promise<Map<string, string[]>> {
  const tables = new Map<string, string[]>();
  for (const context of CONTEXTS) {
    const { databaseHost: host, databasePort: port, ...config } = cell.contexts.configurationOf(context);
    const password = cell.databasePassword(context);
    const session = new pg.Client({ host, port, user: config.databaseUser, database: config.databaseName, password });
    await session.connect();
    const found = await session.query<{ tablename: string }>('select tablename from pg_tables where schemaname = $1', [
      config.databaseSchema,
    ]);
    for (const { tablename } of found.rows) {
      const table = `"${config.databaseSchema}"."${tablename}"`;
      const rows = await session.query<{ row: string }>(`select to_jsonb(each)::text as row from ${table} each`);
      tables.set(`${config.databaseSchema}.${tablename}`, rows.rows.map(({ row }) => row).sort());
    }
    await session.end();
  }
  return tables;
}
