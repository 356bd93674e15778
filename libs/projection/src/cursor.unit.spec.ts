import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeCursor, encodeCursor } from './cursor.js';
import { CursorUnreadable } from './projection.errors.js';

const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\u0000'));
const value = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));

describe('a cursor', () => {
  it('comes back as it was given out', () => {
    fc.assert(
      fc.property(text, value, text, (order, last, id) => {
        const cursor = { order, value: last, id };
        expect(decodeCursor(encodeCursor(cursor), order)).toEqual(cursor);
      }),
    );
  });

  it('is refused under another order', () => {
    const cursor = encodeCursor({ order: 'id asc', value: 'a', id: 'a' });
    expect(() => decodeCursor(cursor, 'id desc')).toThrow(CursorUnreadable);
  });

  it('is refused, whatever else somebody sends', () => {
    const invented = [
      [],
      ['id asc', {}, 'a'],
      ['id asc', 'a', 1],
      ['id asc', '\u0000', 'a'],
      ['id asc', 'a', '\u0000'],
    ];
    const sent = invented.map((parts) => Buffer.from(JSON.stringify(parts)).toString('base64url'));
    for (const cursor of ['', '%', 'e30', 'null', ...sent]) {
      expect(() => decodeCursor(cursor, 'id asc')).toThrow(CursorUnreadable);
    }
  });
});
