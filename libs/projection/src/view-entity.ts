import { EntitySchema } from '@mikro-orm/postgresql';
import type { Projection, ViewRow } from './projection.js';

/** What a column holds. `bigint` values are decimal strings. */
export type ColumnType = 'text' | 'integer' | 'bigint' | 'boolean';
export type ColumnValue = string | number | boolean | null;

/** A column that queries filter or sort by, computed from the row. */
export interface ViewColumn<Row extends ViewRow> {
  type: ColumnType;
  value(row: Row): ColumnValue;
}

/** A projection with its table. The whole row is in `document`; columns exist only to be searched. */
export interface View<Row extends ViewRow = ViewRow, Column extends string = string> {
  projection: Projection<Row>;
  /** Within the schema, snake case. */
  table: string;
  columns: readonly (ViewColumn<Row> & { name: Column; field: string })[];
  entity: EntitySchema;
}

/**
 * The table of a projection: `id`, `operator`, `position`, `version`, `document`, and an indexed column for each of `columns`.
 *
 * @param options.indexes further indexes, each over several columns (`operator` and `id` may be among them).
 * @example viewEntity(deployments, { columns: { status: { type: 'text', value: (row) => row.status } } })
 */
export function viewEntity<Row extends ViewRow, Column extends string = never>(
  projection: Projection<Row>,
  options: { columns?: Record<Column, ViewColumn<Row>>; indexes?: readonly (readonly string[])[] } = {},
): View<Row, Column> {
  const columns = columnsOf<Row, Column>(options.columns);
  const property = (type: string, field: string, nullable: boolean) => ({
    type: 'unknown',
    columnType: type,
    fieldName: field,
    nullable,
  });
  const own = Object.fromEntries(columns.map(({ name, field, type }) => [name, property(type, field, true)]));
  const entity = new EntitySchema({
    name: projection.name,
    tableName: snakeCase(projection.name),
    properties: {
      id: { ...property('text', 'id', false), primary: true },
      operator: property('text', 'operator', false),
      position: property('text', 'position', false),
      version: property('integer', 'version', false),
      // json, not jsonb: the text as it was written, so that rows come back as they were folded (jsonb refuses \u0000).
      document: property('json', 'document', false),
      ...own,
    },
    indexes: [['operator', 'id'], ...columns.map(({ name }) => [name, 'id']), ...(options.indexes ?? [])].map(
      (properties) => ({ properties: [...properties] }),
    ),
  });
  return { projection, table: snakeCase(projection.name), columns, entity };
}

function columnsOf<Row extends ViewRow, Column extends string>(
  columns: Record<Column, ViewColumn<Row>> | undefined,
): View<Row, Column>['columns'] {
  const names = Object.keys(columns ?? {}) as Column[];
  return names.flatMap((name) => {
    const column = columns?.[name];
    return column === undefined ? [] : [{ ...column, name, field: snakeCase(name) }];
  });
}

export const snakeCase = (name: string): string =>
  name.replaceAll('-', '_').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
