import { createHash } from 'node:crypto';
import type { Position } from '@freehold/kernel';
import { EntitySchema, type EntityManager, type MikroORM } from '@mikro-orm/postgresql';
import { inTransaction } from './transaction.js';
import type { View } from './view-entity.js';
import { quoted, tableOf } from './view-table.js';

/** The position before the first commit. */
export const START: Position = '1:0';

const text = { type: 'unknown', columnType: 'text' };

/** How far a runner's rows are, and until where a rebuild must go before they may be asked. */
export const bookmarkEntity = new EntitySchema({
  name: 'bookmark',
  tableName: 'bookmark',
  properties: { name: { ...text, primary: true }, position: text, target: text, signature: text },
});

export interface Bookmark {
  position: Position;
  /** Queries are refused until `position` is there. */
  target: Position;
  signature: string;
}

/** What a runner's tables are made by: its name, projections with versions, and the tables' definition. */
export interface ViewSchema {
  orm: MikroORM;
  schema: string;
  name: string;
  views: readonly View[];
  /** Changes with any projection's version and any table's definition. */
  signature: string;
  createSql: string;
}

export async function viewSchema(orm: MikroORM, name: string, views: readonly View[]): Promise<ViewSchema> {
  const schema = orm.config.get('schema');
  if (schema === undefined) throw new RangeError('the orm of a runner has a schema; make it with ormFor');
  const sql = await orm.schema.getCreateSchemaSQL({ wrap: false });
  const createSql = sql.replaceAll(/^create schema .*$/gm, '');
  const versions = views.map(({ projection }) => [projection.name, projection.version]);
  const signature = createHash('sha256')
    .update(JSON.stringify([versions, createSql]))
    .digest('hex')
    .slice(0, 32);
  return { orm, schema, name, views, signature, createSql };
}

export async function readBookmark(em: EntityManager, { schema, name }: ViewSchema): Promise<Bookmark | null> {
  const [found] = await em.execute<Bookmark[]>(
    `select position, target, signature from ${tableOf(schema, 'bookmark')} where name = ?`,
    [name],
  );
  return found ?? null;
}

/** The bookmark, or null when tables are missing: a new, an emptied or a half-emptied database. */
export async function findBookmark(em: EntityManager, views: ViewSchema): Promise<Bookmark | null> {
  const tables = ['bookmark', ...views.views.map(({ table }) => table)];
  const [found] = await em.execute<{ present: boolean }[]>(
    `select ${tables.map(() => 'to_regclass(?) is not null').join(' and ')} as present`,
    tables.map((table) => tableOf(views.schema, table)),
  );
  return found?.present === true ? readBookmark(em, views) : null;
}

/**
 * Makes the tables anew, empty, with the bookmark at the start, in one transaction; one of several callers does it.
 *
 * @returns the bookmark as it then is.
 */
export async function createTables(views: ViewSchema, target: Position): Promise<Bookmark> {
  const { schema, name, signature, createSql } = views;
  return inTransaction(views.orm, async (em) => {
    await em.execute(`select pg_advisory_xact_lock(hashtext(?))`, [`freehold views ${schema}`]);
    const existing = await findBookmark(em, views);
    if (existing?.signature === signature) return existing;
    const [namespace] = await em.execute<{ missing: boolean }[]>('select to_regnamespace(?) is null as missing', [
      quoted(schema),
    ]);
    if (namespace?.missing === true) await em.execute(`create schema ${quoted(schema)}`, [], 'run');
    // The bookmark first: queries read it first, so those under way are waited for and later ones find none.
    for (const table of ['bookmark', ...views.views.map((view) => view.table)]) {
      await em.execute(`drop table if exists ${tableOf(schema, table)}`, [], 'run');
    }
    await em.execute(createSql, [], 'run');
    await em.execute(
      `insert into ${tableOf(schema, 'bookmark')} (name, position, target, signature) values (?, ?, ?, ?)`,
      [name, START, target, signature],
      'run',
    );
    return { position: START, target, signature };
  });
}

/** Removes every row and puts the bookmark to the start, in one transaction. Open queries keep what they see. */
export async function emptyTables(views: ViewSchema, target: Position): Promise<void> {
  const { schema, name } = views;
  await inTransaction(views.orm, async (em) => {
    await em.execute(
      `update ${tableOf(schema, 'bookmark')} set position = ?, target = ? where name = ?`,
      [START, target, name],
      'run',
    );
    // Not truncate: a query that began before would see an empty table.
    for (const view of views.views) await em.execute(`delete from ${tableOf(schema, view.table)}`, [], 'run');
  });
}
