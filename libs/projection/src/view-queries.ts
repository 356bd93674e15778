import type { Position } from '@freehold/kernel';
import { decodeCursor, encodeCursor } from './cursor.js';
import type { ViewSource } from './view-source.js';
import type { ViewRow, ViewState } from './projection.js';
import type { ColumnValue, View } from './view-entity.js';
import { OWN_FIELDS, quoted, searchable, type StoredView, stateOf } from './view-table.js';

export interface ListOptions<Column extends string> {
  /** Only this operator's rows. */
  operator?: string;
  /** Column by column: the value, or one of several. */
  where?: Partial<Record<Column, ColumnValue | readonly ColumnValue[]>>;
  /** Rows without a value come last; equal ones stand in the order of their ids. Default: by id. */
  orderBy?: { column: Column; descending?: boolean };
  limit: number;
  /** `next` of the page before. */
  cursor?: string;
}

/** A page, the cursor of the one that follows, and the position in the log that it shows. */
export interface ViewPage<Row extends ViewRow> {
  items: ViewState<Row>[];
  next: string | null;
  position: Position;
}

export interface ViewQueries<Row extends ViewRow, Column extends string> {
  /** The row, or null: none, or another operator's. Throws ViewsUnavailable. */
  get(id: string, options?: { operator?: string }): Promise<ViewState<Row> | null>;
  /** Throws CursorUnreadable, ViewsUnavailable. */
  list(options: ListOptions<Column>): Promise<ViewPage<Row>>;
}

/** Asks a view. Each call sees one state of the log. */
export function viewQueries<Row extends ViewRow, Column extends string>(
  source: ViewSource,
  view: View<Row, Column>,
): ViewQueries<Row, Column> {
  const select = `select ${OWN_FIELDS.map((field) => `v.${quoted(field)}`).join(', ')}`;
  return {
    async get(id, { operator } = {}) {
      const conditions = conditionsOf(view, { id, ...(operator === undefined ? {} : { operator }) });
      const found = await source.query((em, { table }) =>
        em.execute<StoredView<Row>[]>(`${select} from ${table(view)} v ${whereOf(conditions)}`, paramsOf(conditions)),
      );
      return found[0] === undefined ? null : stateOf(found[0]);
    },
    async list({ operator, where, orderBy, limit, cursor }) {
      const order = orderOf(view, orderBy);
      const conditions = conditionsOf(view, { ...where, ...(operator === undefined ? {} : { operator }) });
      if (cursor !== undefined) conditions.push(afterCursor(cursor, order));
      return source.query(async (em, { position, table }) => {
        const found = await em.execute<(StoredView<Row> & { ordered: ColumnValue })[]>(
          `${select}, v.${order.field} as ordered from ${table(view)} v ${whereOf(conditions)} order by ${order.sql} limit ?`,
          [...paramsOf(conditions), limit + 1],
        );
        const page = found.slice(0, limit);
        const last = page.at(-1);
        const more = found.length > limit && last !== undefined;
        const next = more ? encodeCursor({ order: order.name, value: last.ordered, id: last.id }) : null;
        return { items: page.map((stored) => stateOf(stored)), next, position };
      });
    },
  };
}

interface Condition {
  sql: string;
  params: ColumnValue[];
}

type Wanted = Readonly<Record<string, ColumnValue | readonly ColumnValue[] | undefined>>;

function conditionsOf(view: View, wanted: Wanted): Condition[] {
  return Object.entries(wanted).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const field = `v.${fieldOf(view, name)}`;
    const values = (isList(value) ? value : [value]).map((each) => searchable(each));
    const params = values.filter((each) => each !== null);
    const either = params.length > 0 ? [`${field} in (${params.map(() => '?').join(', ')})`] : [];
    if (params.length < values.length) either.push(`${field} is null`);
    return [{ sql: either.length > 0 ? `(${either.join(' or ')})` : 'false', params }];
  });
}

interface Order {
  name: string;
  field: string;
  descending: boolean;
  sql: string;
}

function orderOf(view: View, orderBy: { column: string; descending?: boolean } | undefined): Order {
  const { column, descending = false } = orderBy ?? { column: 'id' };
  const field = fieldOf(view, column);
  const direction = descending ? 'desc' : 'asc';
  return { name: `${column} ${direction}`, field, descending, sql: `v.${field} ${direction} nulls last, v.id` };
}

function afterCursor(text: string, { name, field, descending }: Order): Condition {
  const { value, id } = decodeCursor(text, name);
  if (value === null) return { sql: `(v.${field} is null and v.id > ?)`, params: [id] };
  return {
    sql: `(v.${field} ${descending ? '<' : '>'} ? or (v.${field} = ? and v.id > ?) or v.${field} is null)`,
    params: [value, value, id],
  };
}

/** @throws RangeError for a name that is no column: names never come from outside. */
function fieldOf(view: View, name: string): string {
  const column = view.columns.find((each) => each.name === name);
  if (column === undefined && name !== 'id' && name !== 'operator') {
    throw new RangeError(`the view "${view.projection.name}" has no column "${name}"`);
  }
  return quoted(column?.field ?? name);
}

const isList = (value: ColumnValue | readonly ColumnValue[]): value is readonly ColumnValue[] => Array.isArray(value);

const whereOf = (conditions: readonly Condition[]): string =>
  conditions.length > 0 ? `where ${conditions.map(({ sql }) => sql).join(' and ')}` : '';

const paramsOf = (conditions: readonly Condition[]): ColumnValue[] => conditions.flatMap(({ params }) => params);
