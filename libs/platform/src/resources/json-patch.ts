import type { Json, JsonPatch } from '@freehold/kernel';
import { isDeepStrictEqual } from 'node:util';

/**
 * The difference of two JSON values as a JSON Patch (RFC 6902) of `add`, `remove` and `replace`; nothing when they are
 * equal. Of two arrays what they begin and end with alike is left alone, and the rest is compared place by place: linear
 * in their length, where the shortest patch takes the product of both.
 *
 * The path of a `remove` or `replace` is that of the old value in `was`, the path of an `add` or `replace` that of the new
 * one in `is`: whoever shows a patch finds both without applying it.
 */
export function jsonPatch(was: Json, is: Json): JsonPatch {
  return [...differences(was, is, '')];
}

type Difference = JsonPatch[number];
type JsonObject = Record<string, Json>;

function* differences(was: Json, is: Json, path: string): Generator<Difference> {
  if (isDeepStrictEqual(was, is)) return;
  if (Array.isArray(was) && Array.isArray(is)) yield* ofArrays(was, is, path);
  else if (isObject(was) && isObject(is)) yield* ofObjects(was, is, path);
  else yield { op: 'replace', path, value: is };
}

function* ofObjects(was: JsonObject, is: JsonObject, path: string): Generator<Difference> {
  const [before, now] = [new Map(Object.entries(was)), new Map(Object.entries(is))];
  for (const [name, value] of before) {
    const at = `${path}/${escaped(name)}`;
    const next = now.get(name);
    if (next === undefined) yield { op: 'remove', path: at };
    else yield* differences(value, next, at);
  }
  for (const [name, value] of now) {
    if (!before.has(name)) yield { op: 'add', path: `${path}/${escaped(name)}`, value };
  }
}

function* ofArrays(was: readonly Json[], is: readonly Json[], path: string): Generator<Difference> {
  const shorter = Math.min(was.length, is.length);
  let begin = 0;
  while (begin < shorter && isDeepStrictEqual(was[begin], is[begin])) begin += 1;
  let end = 0;
  while (end < shorter - begin && isDeepStrictEqual(was.at(-1 - end), is.at(-1 - end))) end += 1;
  const paired = shorter - end;
  for (let at = begin; at < paired; at += 1) yield* differences(was[at] ?? null, is[at] ?? null, `${path}/${at}`);
  // From the end on, so that no index changes before it is used.
  for (let at = was.length - end - 1; at >= paired; at -= 1) yield { op: 'remove', path: `${path}/${at}` };
  for (let at = paired; at < is.length - end; at += 1)
    yield { op: 'add', path: `${path}/${at}`, value: is[at] ?? null };
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 6901, section 3. */
const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
