import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareNames, comparePaths, liesIn, namePattern } from './path-order.js';

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 6 });

describe('the order of a listing', () => {
  test('is that of the bytes of names', () => {
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(Math.sign(compareNames(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
    const path = fc.array(
      name.filter((one) => !one.includes('/')),
      { minLength: 1, maxLength: 3 },
    );
    const inOrder = (one: readonly string[]) => Buffer.from(one.map((part) => `${part}\0`).join('\0'));
    fc.assert(
      fc.property(path, path, (a, b) => {
        fc.pre(![...a, ...b].some((one) => one.includes('\0')));
        const order = Math.sign(comparePaths(a.join('/'), b.join('/')));
        expect(order).toBe(Math.sign(Buffer.compare(inOrder(a), inOrder(b))));
      }),
    );
    expect(['\uFFFD', '😀', 'é', 'z'].sort(compareNames)).toEqual(['z', 'é', '\uFFFD', '😀']);
  });

  test('has a folder before what is in it, and that before its next sibling', () => {
    expect(['a.txt', 'a/b', 'b', 'a', 'a/b/c', 'a-'].sort(comparePaths)).toEqual([
      'a',
      'a/b',
      'a/b/c',
      'a-',
      'a.txt',
      'b',
    ]);
  });
});

test('what lies in a folder that is left out', () => {
  const left = new Set(['cache', 'a/b']);
  const paths = ['cache', 'cache/x/y', 'cached', 'a', 'a/b', 'a/bc', 'a/b/c', 'x/cache'];
  expect(paths.filter((path) => liesIn(path, left))).toEqual(['cache', 'cache/x/y', 'a/b', 'a/b/c']);
});

test('a pattern of names knows the star only', () => {
  const names = ['a.ics', 'aXics', '.ics', 'a.ics.bak', '[a].ics', 'a\nb.ics'];
  expect(names.filter((one) => namePattern('*.ics').test(one))).toEqual(['a.ics', '.ics', '[a].ics', 'a\nb.ics']);
  expect(namePattern('[a]?').test('a')).toBe(false);
});
