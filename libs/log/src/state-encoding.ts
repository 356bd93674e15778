import type { z } from 'zod';

type Json = z.core.util.JSONType;

/*
 * A folded state as JSON, so that it can be kept: `Map` and `Set`, which JSON does not have, are objects with one key,
 * `$map` or `$set`; a plain object that looks like one of these is wrapped in `$object`. Fields that are undefined are
 * left out, as everywhere in JSON.
 */
const FORMS = ['$map', '$set', '$object'] as const;

/** @throws TypeError for a value that is no data, such as a function or an instance of a class. */
export function encodeState(state: unknown): Json {
  if (state === null || typeof state === 'string' || typeof state === 'boolean') return state;
  if (typeof state === 'number' && Number.isFinite(state)) return state;
  if (Array.isArray(state)) return state.map((item) => encodeState(item));
  if (state instanceof Set) return { $set: [...state].map((item) => encodeState(item)) };
  if (state instanceof Map) return { $map: [...state].map((entry) => encodeState(entry)) };
  if (!isPlain(state)) throw new TypeError(`a state is data: ${typeof state} cannot be kept`);
  const fields = Object.entries(state).filter(([, value]) => value !== undefined);
  const encoded = Object.fromEntries(fields.map(([key, value]) => [key, encodeState(value)]));
  return formOf(encoded) === null ? encoded : { $object: encoded };
}

/** What `encodeState` was given. Whoever kept it knows its type. */
export function decodeState(encoded: Json): unknown {
  if (encoded === null || typeof encoded !== 'object') return encoded;
  if (Array.isArray(encoded)) return encoded.map((item) => decodeState(item));
  const { $set, $map, $object } = encoded;
  switch (formOf(encoded)) {
    case '$set':
      return new Set(itemsOf($set).map((item) => decodeState(item)));
    case '$map':
      return new Map(itemsOf($map).map((entry) => pairOf(decodeState(entry))));
    case '$object':
      return decodedFields($object ?? null);
    case null:
      return decodedFields(encoded);
  }
}

/** The one key of an object that stands for something else; null: it is itself. */
function formOf(fields: Readonly<Record<string, Json>>): (typeof FORMS)[number] | null {
  const [only, ...more] = Object.keys(fields);
  return more.length > 0 ? null : (FORMS.find((form) => form === only) ?? null);
}

function decodedFields(fields: Json): unknown {
  if (fields === null || typeof fields !== 'object' || Array.isArray(fields)) throw notAState();
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, decodeState(value)]));
}

function itemsOf(items: Json | undefined): Json[] {
  if (!Array.isArray(items)) throw notAState();
  return items;
}

function pairOf(entry: unknown): [unknown, unknown] {
  if (!Array.isArray(entry) || entry.length !== 2) throw notAState();
  return [entry[0], entry[1]];
}

const notAState = () => new TypeError('this is not what encodeState makes');

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
