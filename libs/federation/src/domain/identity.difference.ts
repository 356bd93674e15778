/** A JSON value, as an identity is. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** One place in which two identities differ. A side that lacks it has no member of that name. */
export interface Difference {
  /** RFC 6901 JSON pointer into the identity before, or into the one after for what is new in it. */
  readonly pointer: string;
  readonly before?: Json;
  readonly after?: Json;
}

/**
 * Everything in which an identity after a move differs from the one before; none of it means the same identity.
 * Members of lists that have an `id` or `keyId` are compared with the one that has the same; others by their place.
 */
export function sameIdentity(before: Json, after: Json): Difference[] {
  return differences('', before, after);
}

function differences(pointer: string, before: Json | undefined, after: Json | undefined): Difference[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return after === undefined ? [] : [{ pointer, after }];
  if (after === undefined) return [{ pointer, before }];
  if (Array.isArray(before) && Array.isArray(after)) return ofLists(pointer, before, after);
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names]
      .sort()
      .flatMap((name) => differences(`${pointer}/${escaped(name)}`, member(before, name), member(after, name)));
  }
  return before === after ? [] : [{ pointer, before, after }];
}

function ofLists(pointer: string, before: Json[], after: Json[]): Difference[] {
  const [named, renamed] = [namesOf(before), namesOf(after)];
  if (named === null || renamed === null) {
    const places = Math.max(before.length, after.length);
    return Array.from({ length: places }).flatMap((_, place) =>
      differences(`${pointer}/${place}`, before[place], after[place]),
    );
  }
  return [
    ...named.flatMap((name, place) => differences(`${pointer}/${place}`, before[place], after[renamed.indexOf(name)])),
    ...renamed.flatMap((name, place) =>
      named.includes(name) ? [] : differences(`${pointer}/${place}`, undefined, after[place]),
    ),
  ];
}

/** The names of a list's members; null if one has none, or two have the same. */
function namesOf(list: Json[]): string[] | null {
  const names = list.map((item) => (isObject(item) ? (member(item, 'id') ?? member(item, 'keyId')) : undefined));
  const strings = names.filter((name) => typeof name === 'string');
  return strings.length === list.length && new Set(strings).size === list.length ? strings : null;
}

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Not what an object inherits, such as `constructor`. */
const member = (object: { [key: string]: Json }, name: string): Json | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined;

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
