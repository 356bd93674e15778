import type { Position } from '@freehold/kernel';
import type { EntityManager } from '@mikro-orm/postgresql';
import { isTableGone } from './database-failure.js';
import { servingEdition } from './edition.js';
import { ViewsUnavailable } from './projection.errors.js';
import { inTransaction } from './transaction.js';
import type { View } from './view-entity.js';
import { editionTable, type ViewSchema } from './view-schema.js';
import { tableOf } from './view-table.js';

/** What a query reads: one state of the rows. */
export interface ViewSnapshot {
  /** In the log. */
  position: Position;
  /** The view's table, its full name, quoted. */
  table(view: Pick<View, 'table'>): string;
}

/** What queries are asked through: one snapshot, and where it stands in the log. */
export interface ViewSource {
  readonly schema: string;
  /** @throws ViewsUnavailable while the database is away, or nothing has been built yet. */
  query<Result>(work: (em: EntityManager, snapshot: ViewSnapshot) => Promise<Result>): Promise<Result>;
}

/** A query that finds its tables replaced and dropped after it began asks again. */
const ATTEMPTS = 3;

/** Asks the edition that serves, all in one snapshot. @throws ViewsUnavailable, or what the database says. */
export async function inSnapshot<Result>(
  views: ViewSchema,
  work: (em: EntityManager, snapshot: ViewSnapshot) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const ask = async (em: EntityManager): Promise<Result> => work(em, await snapshotOf(em, views));
      return await inTransaction(views.orm, ask, { snapshot: true });
    } catch (cause) {
      if (!isTableGone(cause) || attempt === ATTEMPTS) throw cause;
    }
  }
}

/** @throws ViewsUnavailable when nothing of this program serves. */
async function snapshotOf(em: EntityManager, views: ViewSchema): Promise<ViewSnapshot> {
  const serving = await servingEdition(em, views);
  if (serving === null) throw new ViewsUnavailable('they are being built from the log');
  if (serving.signature !== views.signature) {
    throw new ViewsUnavailable('their tables are those of another version of the program');
  }
  const { number, position } = serving;
  return { position, table: (view) => tableOf(views.schema, editionTable(view, number)) };
}
