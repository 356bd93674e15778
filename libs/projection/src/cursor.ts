import { CursorUnreadable } from './projection.errors.js';
import type { ColumnValue } from './view-entity.js';

/** The last row of a page: its value in the column that the list is ordered by, and its id. */
export interface Cursor {
  order: string;
  value: ColumnValue;
  id: string;
}

export const encodeCursor = ({ order, value, id }: Cursor): string =>
  Buffer.from(JSON.stringify([order, value, id])).toString('base64url');

/** @throws CursorUnreadable when it was not made by `encodeCursor` for this order. */
export function decodeCursor(text: string, order: string): Cursor {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch (cause) {
    throw new CursorUnreadable(text, { cause });
  }
  if (!Array.isArray(parts) || parts.length !== 3) throw new CursorUnreadable(text);
  const [of, value, id]: unknown[] = parts;
  if (of !== order || typeof id !== 'string' || id.includes('\u0000') || !isColumnValue(value)) {
    throw new CursorUnreadable(text);
  }
  return { order, value, id };
}

const isColumnValue = (value: unknown): value is ColumnValue =>
  value === null ||
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  (typeof value === 'string' && !value.includes('\u0000'));
