/**
 * Editions of the read models: whole sets of tables, `<view>_<number>`, of which one serves.
 *
 *     nothing ──build──▶ serving ──another is built──▶ retired ──nobody reads it any more──▶ dropped
 *
 * Invariants: at most one edition serves; its rows and its position change together; which one serves is a row that queries
 * read in the snapshot in which they read the rows, so they never see half of a change. An edition that is being built is
 * part of one open transaction (edition-build.ts): after a crash it is not there.
 */
import type { Position } from '@freehold/kernel';
import { EntitySchema, type EntityManager } from '@mikro-orm/postgresql';
import { inTransaction } from './transaction.js';
import { editionTable, type ViewSchema } from './view-schema.js';
import { quoted, tableOf } from './view-table.js';

const text = { type: 'unknown', columnType: 'text' };
const flag = { type: 'unknown', columnType: 'boolean' };

export const editionEntity = new EntitySchema({
  name: 'edition',
  tableName: 'edition',
  properties: {
    number: { type: 'unknown', columnType: 'integer', primary: true },
    /** JSON: names, also of views that the program that drops them does not know. */
    tables: text,
    signature: text,
    position: text,
    serving: flag,
    outdated: flag,
  },
});

export interface Edition {
  /** Counts up in a schema, from 1. */
  number: number;
  signature: string;
  /** The last commit that its rows contain: the bookmark. */
  position: Position;
  /** Somebody asked for a new one. */
  outdated: boolean;
}

/** @throws what PostgreSQL says when the table of editions is missing. */
export async function servingEdition(em: EntityManager, { schema }: ViewSchema): Promise<Edition | null> {
  const [found] = await em.execute<Edition[]>(
    `select number, signature, position, outdated from ${tableOf(schema, 'edition')} where serving`,
  );
  return found ?? null;
}

/**
 * The serving edition; null in a new or an emptied database. One whose tables are not all there is retired, and another is to
 * be built.
 */
export async function openEdition(em: EntityManager, views: ViewSchema): Promise<Edition | null> {
  if (!(await allPresent(em, views, ['edition']))) return null;
  const serving = await servingEdition(em, views);
  // Tables of another program's edition may have other names, and are not read by this one.
  if (serving?.signature !== views.signature) return serving;
  const tables = views.views.map((view) => editionTable(view, serving.number));
  if (await allPresent(em, views, tables)) return serving;
  await retireEdition(views, serving);
  return null;
}

async function allPresent(em: EntityManager, { schema }: ViewSchema, tables: readonly string[]): Promise<boolean> {
  const [found] = await em.execute<{ present: boolean }[]>(
    `select ${['true', ...tables.map(() => 'to_regclass(?) is not null')].join(' and ')} as present`,
    tables.map((table) => tableOf(schema, table)),
  );
  return found?.present === true;
}

/** Asks for a new edition in place of the one that serves. Returns its number; 0 when none serves. */
export async function markOutdated(views: ViewSchema): Promise<number> {
  const em = views.orm.em.fork();
  if (!(await allPresent(em, views, ['edition']))) return 0;
  const [found] = await em.execute<{ number: number }[]>(
    `update ${tableOf(views.schema, 'edition')} set outdated = true where serving returning number`,
  );
  return found?.number ?? 0;
}

/** It serves no longer, though there is no other. */
export async function retireEdition({ orm, schema }: ViewSchema, { number }: Edition): Promise<void> {
  const sql = `update ${tableOf(schema, 'edition')} set serving = false where number = ?`;
  await orm.em.fork().execute(sql, [number], 'run');
}

/**
 * Drops the tables of editions that serve no longer. A query that still reads them is waited for, two seconds at most;
 * one that comes later finds them gone and asks again (ProjectionRunner.query).
 */
export async function dropRetiredEditions(views: ViewSchema): Promise<void> {
  const editions = tableOf(views.schema, 'edition');
  const retired = await views.orm.em
    .fork()
    .execute<{ number: number }[]>(`select number from ${editions} where not serving`);
  for (const { number } of retired) {
    await inTransaction(views.orm, async (em) => {
      const [found] = await em.execute<{ tables: string }[]>(
        `delete from ${editions} where number = ? and not serving returning tables`,
        [number],
      );
      if (found === undefined) return;
      await em.execute(`set local lock_timeout = '2s'`, [], 'run');
      for (const table of tableNames(found.tables)) {
        await em.execute(`drop table if exists ${quoted(views.schema)}.${quoted(table)}`, [], 'run');
      }
    });
  }
}

function tableNames(json: string): string[] {
  const names: unknown = JSON.parse(json);
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}
