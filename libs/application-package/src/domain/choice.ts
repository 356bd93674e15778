import { isObject, type Json } from './application-package.js';

/**
 * A table in a document instead of an expression: the value follows from a setting.
 *
 *     enable_registration:
 *       $by: settings.registration
 *       cases: { closed: false, token: true, open: true }
 *
 * A case `{ $leaveOut: true }` leaves the key out of the file.
 */
export interface Choice {
  readonly setting: string;
  readonly cases: { readonly [value: string]: Json };
}

const PREFIX = 'settings.';

/** Reads a choice; undefined when the value is none, `malformed` when it begins like one. */
export function parseChoice(value: Json): Choice | 'malformed' | undefined {
  if (!isObject(value) || !Object.hasOwn(value, '$by')) return undefined;
  const { $by: by, cases, ...others } = value;
  const readable = typeof by === 'string' && by.startsWith(PREFIX) && isObject(cases);
  if (!readable || Object.keys(others).length > 0) return 'malformed';
  return { setting: by.slice(PREFIX.length), cases };
}

/** True for `{ $leaveOut: true }`. */
export function isLeftOut(value: Json): boolean {
  return isObject(value) && value['$leaveOut'] === true && Object.keys(value).length === 1;
}
