import { describe, expect, it } from '@jest/globals';
import { Json, type JsonPatch } from '@freehold/kernel';
import fc from 'fast-check';
import { jsonPatch } from './json-patch.js';

const keysOf = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

/** RFC 6901. */
const at = (document: unknown, keys: readonly string[]): unknown =>
  keys.reduce<unknown>((value, key) => Object.entries(Object(value)).find(([name]) => name === key)?.[1], document);

/** RFC 6902, section 4, of the three operations, each as it is written there. */
function applied(document: Json, patch: JsonPatch): unknown {
  const whole: { root: unknown } = { root: structuredClone(document) };
  for (const each of patch) {
    const keys = ['root', ...keysOf(each.path)];
    const key = keys.at(-1) ?? '';
    const parent = at(whole, keys.slice(0, -1));
    if (each.op !== 'add') expect(Object.keys(Object(parent))).toContain(key);
    if (Array.isArray(parent)) {
      expect(Number(key)).toBeLessThanOrEqual(parent.length);
      parent.splice(Number(key), each.op === 'add' ? 0 : 1, ...('value' in each ? [each.value] : []));
    } else if (each.op === 'remove') {
      Reflect.deleteProperty(Object(parent), key);
    } else {
      Object.defineProperty(parent, key, { value: each.value, enumerable: true, configurable: true, writable: true });
    }
  }
  return whole.root;
}

const json = fc.jsonValue({ maxDepth: 4 }).map((value) => Json.parse(JSON.parse(JSON.stringify(value))));
/** Two values of which the one came of the other by a few changes, as representations do. */
const near = json.chain((was) =>
  fc.tuple(fc.constant(was), fc.array(fc.tuple(fc.nat(), json), { maxLength: 4 })).map(([first, changes]) => {
    let is = first;
    for (const [place, value] of changes) is = changedAt(is, place, value);
    return [first, is] as const;
  }),
);

function changedAt(document: Json, place: number, value: Json): Json {
  if (Array.isArray(document)) {
    const index = place % (document.length + 1);
    if (place % 3 === 0) return [...document.slice(0, index), value, ...document.slice(index)];
    if (place % 3 === 1) return [...document.slice(0, index), ...document.slice(index + 1)];
    return document.map((each, at) => (at === index ? changedAt(each, Math.floor(place / 3), value) : each));
  }
  if (typeof document !== 'object' || document === null) return value;
  const entries = Object.entries(document);
  const chosen = place % (entries.length + 1);
  if (chosen === entries.length) return { ...document, [`new/~${place % 5}`]: value };
  if (place % 2 === 0) return Object.fromEntries(entries.filter((_, at) => at !== chosen));
  return Object.fromEntries(
    entries.map(([name, each], at) => [name, at === chosen ? changedAt(each, Math.floor(place / 2), value) : each]),
  );
}

describe('the difference of two JSON values', () => {
  it('makes the one of the other, and is nothing when they are equal', () => {
    fc.assert(
      fc.property(fc.oneof(near, fc.tuple(json, json)), ([was, is]) => {
        const patch = jsonPatch(was, is);
        expect(applied(was, patch)).toEqual(is);
        expect(jsonPatch(is, is)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('names the places of old values in the old, of new ones in the new', () => {
    fc.assert(
      fc.property(near, ([was, is]) => {
        for (const each of jsonPatch(was, is)) {
          if (each.op !== 'add') expect(at({ root: was }, ['root', ...keysOf(each.path)])).toBeDefined();
          if (each.op !== 'remove') expect(at({ root: is }, ['root', ...keysOf(each.path)])).toEqual(each.value);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('says as little as there is to say', () => {
    const was = {
      status: 'live',
      names: [{ name: 'a' }, { name: 'c' }],
      settings: { 'a/b': 1, gone: true },
      same: [1],
    };
    const is = {
      same: [1],
      status: 'left',
      names: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
      settings: { 'a/b': 2 },
    };
    expect(jsonPatch(was, is)).toEqual([
      { op: 'replace', path: '/status', value: 'left' },
      { op: 'add', path: '/names/1', value: { name: 'b' } },
      { op: 'replace', path: '/settings/a~1b', value: 2 },
      { op: 'remove', path: '/settings/gone' },
    ]);
    expect(jsonPatch(null, was)).toEqual([{ op: 'replace', path: '', value: was }]);
  });
});
