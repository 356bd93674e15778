import type { JsonPatch } from '@freehold/kernel';
import { expect, test } from '@jest/globals';
import { changedFields } from './difference-text.js';

test('what came as a whole has a line for each field that says something', () => {
  const is = { name: 'Ada', note: null, keys: [] };
  expect(changedFields({}, is, [{ op: 'add', path: '', value: is }])).toEqual([
    { field: 'name', was: undefined, is: 'Ada' },
    { field: 'keys', was: undefined, is: [] },
  ]);
});

test('a change has a line, by the path of its field; one from nothing to nothing has none', () => {
  const was = { settings: { 'a/b': 1 }, gone: 'x', never: null };
  const patch: JsonPatch = [
    { op: 'replace', path: '/settings/a~1b', value: 2 },
    { op: 'remove', path: '/gone' },
    { op: 'add', path: '/empty', value: null },
  ];
  expect(changedFields(was, {}, patch)).toEqual([
    { field: 'settings a/b', was: 1, is: 2 },
    { field: 'gone', was: 'x', is: undefined },
  ]);
});
