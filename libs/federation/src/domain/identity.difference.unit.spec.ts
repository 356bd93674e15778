import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sameIdentity, type Json } from './identity.difference.js';

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);

describe('the difference of two identities', () => {
  test.each<[string, Json, Json, object[]]>([
    ['none', { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
    ['a value', { a: { 'b/~': 1 } }, { a: { 'b/~': 2 } }, [{ pointer: '/a/b~1~0', before: 1, after: 2 }]],
    ['another type', { a: [] }, { a: {} }, [{ pointer: '/a', before: [], after: {} }]],
    ['null is not absent', { a: null }, {}, [{ pointer: '/a', before: null }]],
    ['an inherited name', {}, { constructor: 1 }, [{ pointer: '/constructor', after: 1 }]],
    [
      'a list',
      [1, 2],
      [1, 3, 4],
      [
        { pointer: '/1', before: 2, after: 3 },
        { pointer: '/2', after: 4 },
      ],
    ],
    [
      'a key that went, one that came, one that changed',
      {
        keys: [
          { id: 'a', x: 1 },
          { id: 'b', x: 1 },
        ],
      },
      {
        keys: [
          { id: 'b', x: 2 },
          { id: 'c', x: 1 },
        ],
      },
      [
        { pointer: '/keys/0', before: { id: 'a', x: 1 } },
        { pointer: '/keys/1/x', before: 1, after: 2 },
        { pointer: '/keys/1', after: { id: 'c', x: 1 } },
      ],
    ],
  ])('%s', (_what, before, after, expected) => {
    expect(sameIdentity(before, after)).toEqual(expected);
  });

  test('is none between equals, and never none between others', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        expect(sameIdentity(one, structuredClone(one))).toEqual([]);
        const equal = sortedText(one) === sortedText(other);
        expect(sameIdentity(one, other).length === 0).toBe(equal);
        expect(sameIdentity(other, one)).toHaveLength(sameIdentity(one, other).length);
      }),
    );
  });
});

/** Members in the order of their names. */
const sortedText = (value: Json): string =>
  JSON.stringify(value, (_name, member: Json) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([left], [right]) => (left < right ? -1 : 1)))
      : member,
  );
