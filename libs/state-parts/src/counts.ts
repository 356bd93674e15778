import { StateFailure } from './state-failure.js';
import type { CountDeclaration } from './state-part.js';

/** Runs each declared SELECT and reads the one number that it answers. */
export async function countsBySql(
  counts: readonly CountDeclaration[],
  ask: (sql: string) => Promise<readonly string[]>,
): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { name, sql } of counts) {
    if (sql === undefined) continue;
    const rows = await ask(sql.trim().replace(/;$/, ''));
    found[name] = countOf(name, rows);
  }
  return found;
}

/** The one number among the rows of a count. */
export function countOf(name: string, rows: readonly string[]): number {
  const [row = ''] = rows;
  if (rows.length === 1 && /^\d+$/.test(row)) return Number(row);
  const hint = 'Correct the SELECT in the package: it has to answer one row with one whole number.';
  throw new StateFailure('count-invalid', `the count ${name} answered ${rows.length} rows`, { hint });
}
