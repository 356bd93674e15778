import type { RawCommit } from '@freehold/log';
import type { Edition } from './edition.js';
import { fanOut, foldInto, type KeyedEvent } from './fold.js';
import { inTransaction } from './transaction.js';
import { editionTable, type ViewSchema } from './view-schema.js';
import { loadRows, tableOf, writeRows } from './view-table.js';

/**
 * Folds a batch into the rows of an edition, in one transaction whose first statement moves its position from where it was.
 * That statement locks the position, so of two runners one folds at a time, from rows that the other has committed.
 *
 * @returns false when the edition was elsewhere, or serves no longer: nothing was written, and the batch is to be dropped.
 * @throws ProjectionFailed, UnreadableCommit, or what the database says. After a lost connection the transaction may be there or not.
 */
export async function writeBatch(schema: ViewSchema, batch: readonly RawCommit[], edition: Edition): Promise<boolean> {
  const last = batch.at(-1);
  if (last === undefined) return true;
  const eventsFor = fanOut(schema.views.map(({ projection }) => projection));
  const events = new Map<number, KeyedEvent[]>();
  for (const stored of batch) {
    for (const fanned of eventsFor(stored)) {
      const before = events.get(fanned.index);
      if (before === undefined) events.set(fanned.index, [...fanned.events]);
      else before.push(...fanned.events);
    }
  }
  return inTransaction(schema.orm, async (em) => {
    const moved = await em.execute<{ number: number }[]>(
      `update ${tableOf(schema.schema, 'edition')} set position = ?
        where number = ? and position = ? and serving returning number`,
      [last.position, edition.number, edition.position],
    );
    if (moved.length === 0) return false;
    for (const [index, view] of schema.views.entries()) {
      const own = events.get(index);
      if (own === undefined) continue;
      const table = tableOf(schema.schema, editionTable(view, edition.number));
      const rows = await loadRows(em, table, [...new Set(own.map(({ key }) => key))]);
      foldInto(view.projection, rows, own);
      await writeRows(em, table, view, rows);
    }
    return true;
  });
}
