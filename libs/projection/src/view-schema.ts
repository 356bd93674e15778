import { createHash } from 'node:crypto';
import type { Position } from '@freehold/kernel';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { View } from './view-entity.js';
import { tableOf } from './view-table.js';

/** The position before the first commit. */
export const START: Position = '1:0';

/** What a runner's tables are made by: projections with versions, and the tables' definition. */
export interface ViewSchema {
  orm: MikroORM;
  schema: string;
  views: readonly View[];
  /** Changes with any projection's version and any table's definition. */
  signature: string;
  /** As the entities have it, without numbers of editions; one statement each. */
  statements: readonly string[];
}

export async function viewSchema(orm: MikroORM, views: readonly View[]): Promise<ViewSchema> {
  const schema = orm.config.get('schema');
  if (schema === undefined) throw new RangeError('the orm of a runner has a schema; make it with ormFor');
  const sql = await orm.schema.getCreateSchemaSQL({ wrap: false });
  const statements = sql.split('\n').filter((line) => /^create (table|index) /.test(line));
  const versions = views.map(({ projection }) => [projection.name, projection.version]);
  const signature = createHash('sha256')
    .update(JSON.stringify([versions, statements]))
    .digest('hex')
    .slice(0, 32);
  return { orm, schema, views, signature, statements };
}

/** The name of a view's table in one edition of the read models. */
export const editionTable = (view: Pick<View, 'table'>, edition: number): string => `${view.table}_${edition}`;

/** Statements for the tables of an edition: those that make them, and the indexes, which are made once there are rows. */
export interface EditionStatements {
  tables: string[];
  /** By table, without its primary key. */
  indexes: string[];
}

const PRIMARY_KEY = ', primary key ("id")';

export function editionStatements(
  { schema, views, statements }: Omit<ViewSchema, 'orm'>,
  edition: number,
): EditionStatements {
  const made: EditionStatements = { tables: [], indexes: [] };
  for (const view of views) {
    const general = `${tableOf(schema, view.table)} (`;
    const numbered = `${tableOf(schema, editionTable(view, edition))} (`;
    for (const statement of statements.filter((each) => each.includes(general))) {
      const own = statement.replace(general, numbered);
      if (own.startsWith('create table')) {
        // Left behind where somebody dropped the table of editions.
        made.tables.push(`drop table if exists ${tableOf(schema, editionTable(view, edition))}`);
        made.tables.push(own.replace(PRIMARY_KEY, ''));
      }
      // Without a name, PostgreSQL gives one that is free.
      else made.indexes.push(own.replace(/^create index "[^"]*" on/, 'create index on'));
    }
  }
  return made;
}
