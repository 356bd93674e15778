import type { Position } from '@freehold/kernel';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { ViewRow, ViewState } from './projection.js';
import { runBound } from './bound-statement.js';
import type { ColumnValue, View } from './view-entity.js';

/** A row of a view's table as PostgreSQL gives it. */
export interface StoredView<Row extends ViewRow = ViewRow> {
  id: string;
  operator: string;
  position: Position;
  version: number;
  document: Row;
}

export const OWN_FIELDS = ['id', 'operator', 'position', 'version', 'document'] as const;

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export const tableOf = (schema: string, table: string): string => `${quoted(schema)}.${quoted(table)}`;

export const stateOf = <Row extends ViewRow>(stored: StoredView<Row>): ViewState<Row> => {
  const { document, operator, position, version } = stored;
  return { row: document, operator, position, version };
};

/** The rows with these keys; a key without a row is absent. @param table full name, quoted. */
export async function loadRows(
  em: EntityManager,
  table: string,
  keys: readonly string[],
): Promise<Map<string, ViewState<ViewRow> | null>> {
  const found = await runBound<StoredView>(
    em,
    `select ${OWN_FIELDS.map(quoted).join(', ')} from ${table}
      where id in (select json_array_elements_text($1::json))`,
    [JSON.stringify(keys)],
  );
  return new Map(found.map((stored) => [stored.id, stateOf(stored)]));
}

/** Writes what a batch made of its rows, in two statements however many they are. */
export async function writeRows(
  em: EntityManager,
  table: string,
  view: View,
  rows: ReadonlyMap<string, ViewState<ViewRow> | null>,
): Promise<void> {
  const names = fieldsOf(view);
  const records = [];
  const gone = [];
  for (const [key, state] of rows) {
    if (state === null) gone.push(key);
    else records.push(Object.fromEntries(recordOf(view, state).map((value, index) => [names[index], value])));
  }
  if (gone.length > 0) {
    await runBound(em, `delete from ${table} where id in (select json_array_elements_text($1::json))`, [
      JSON.stringify(gone),
    ]);
  }
  if (records.length > 0) {
    const fields = names.map(quoted);
    const types = ['text', 'text', 'text', 'integer', 'text', ...view.columns.map(({ type }) => type)];
    const selected = fields.map((field) => (field === quoted('document') ? `${field}::json` : field));
    await runBound(
      em,
      `insert into ${table} (${fields.join(', ')})
        select ${selected.join(', ')} from json_to_recordset($1::json) as r(${fields.map((field, index) => `${field} ${types[index]}`).join(', ')})
        on conflict (id) do update set ${fields.map((field) => `${field} = excluded.${field}`).join(', ')}`,
      [JSON.stringify(records)],
    );
  }
}

/** Names of a table's columns, in the order of `recordOf`. */
export const fieldsOf = (view: View): string[] => [...OWN_FIELDS, ...view.columns.map(({ field }) => field)];

/** A row as its table has it. The document is a text: json_to_recordset refuses \u0000 at any depth. */
export function recordOf(view: View, { row, operator, position, version }: ViewState<ViewRow>): ColumnValue[] {
  const columns = view.columns.map(({ value }) => searchable(value(row)));
  return [row.id, operator, position, version, JSON.stringify(row), ...columns];
}

/** PostgreSQL's text holds neither NUL nor half a surrogate pair; `document` keeps the value as it is. */
export const searchable = (value: ColumnValue): ColumnValue =>
  typeof value === 'string' ? value.toWellFormed().replaceAll('\u0000', '\uFFFD') : value;
