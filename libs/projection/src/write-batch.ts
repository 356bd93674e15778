import type { Position, StoredCommit } from '@freehold/kernel';
import { foldInto, keyedEvents } from './fold.js';
import { inTransaction } from './transaction.js';
import type { ViewSchema } from './view-schema.js';
import { loadRows, tableOf, writeRows } from './view-table.js';

/**
 * Folds a batch into the rows, in one transaction whose first statement moves the bookmark from `previous`. That
 * statement locks the bookmark, so of two runners one folds at a time, from rows that the other has committed.
 *
 * @returns false when the bookmark was not at `previous`: nothing was written, and the batch is to be dropped.
 * @throws ProjectionFailed, or what the database says. After a lost connection the transaction may be there or not.
 */
export async function writeBatch(
  views: ViewSchema,
  batch: readonly StoredCommit[],
  previous: Position,
): Promise<boolean> {
  const last = batch.at(-1);
  if (last === undefined) return true;
  const { orm, schema, name, signature } = views;
  const concerned = views.views
    .map((view) => ({ view, events: batch.flatMap((stored) => keyedEvents(view.projection, stored)) }))
    .filter(({ events }) => events.length > 0);
  return inTransaction(orm, async (em) => {
    const moved = await em.execute<{ name: string }[]>(
      `update ${tableOf(schema, 'bookmark')} set position = ? where name = ? and position = ? and signature = ? returning name`,
      [last.position, name, previous, signature],
    );
    if (moved.length === 0) return false;
    for (const { view, events } of concerned) {
      const keys = [...new Set(events.map(({ key }) => key))];
      const rows = await loadRows(em, schema, view, keys);
      foldInto(view.projection, rows, events);
      await writeRows(em, schema, view, rows);
    }
    return true;
  });
}
