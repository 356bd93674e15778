import { parseChoice, isLeftOut } from './choice.js';
import { isObject, type Json, type JsonObject, type Placed } from './application-package.js';
import { parseText, referenceText, type Reference } from './reference.js';

/** What references stand for. Paths are absolute; ports are numbers; settings have their defaults applied. */
export interface Values {
  readonly settings: JsonObject;
  readonly secrets: Readonly<Record<string, string>>;
  readonly names: Readonly<Record<string, string>>;
  readonly ports: Readonly<Record<string, number>>;
  /** The deployment's folder. */
  readonly folder: string;
  /** Where the release is installed; for Python, the virtual environment. */
  readonly releaseFolder: string;
  /** The port that published names are reached at from outside. */
  readonly publicPort: number;
}

/** A value is missing or cannot stand where a package puts it: an error of the caller or of the package. */
export class RenderError extends Error {
  override readonly name = 'RenderError';
  constructor(
    message: string,
    readonly where: string,
    readonly hint: string,
  ) {
    super(`${where}: ${message}`);
  }
}

/** Looks a reference up. `undefined` only for a setting that is not set. */
export type Lookup = (reference: Reference) => Json | undefined;

const HOST_HINT = 'Install the program on the host, or order with settings that do without it.';
const NAME_HINT = 'Give a value for every name that is declared.';

function need(value: Json | undefined, reference: Reference): Json {
  if (value !== undefined) return value;
  const hint = reference.root === 'host' ? HOST_HINT : NAME_HINT;
  throw new RenderError('there is no value for this reference', referenceText(reference), hint);
}

/** A lookup over values; `secretPaths` are the paths of secrets below the deployment's folder. */
export function lookupIn(values: Values, secretPaths: ReadonlyMap<string, string>, placed?: Placed): Lookup {
  return (reference) => {
    switch (reference.root) {
      case 'settings':
        return own(values.settings, reference.name);
      case 'secret':
        return need(own(values.secrets, reference.name), reference);
      case 'secretPath': {
        const path = secretPaths.get(reference.name);
        return need(path === undefined ? undefined : `${values.folder}/${path}`, reference);
      }
      case 'name':
        return need(own(values.names, reference.name), reference);
      case 'port':
        return need(own(values.ports, reference.name), reference);
      case 'host':
        return need(own(placed?.host ?? {}, reference.name), reference);
      case 'package':
        return need(placed?.folder, reference);
      case 'folder':
        return values.folder;
      case 'release':
        return values.releaseFolder;
      case 'publicPort':
        return values.publicPort;
    }
  };
}

function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/**
 * Replaces references in a document. A string that is exactly one reference takes the value with its type; inside a
 * longer string only text and numbers can stand. A key or list item whose setting is not set is left out.
 *
 * @throws RenderError where a list, an object or a missing value would have to become text
 */
export function renderValue(value: Json, lookup: Lookup, where: string): Json | undefined {
  if (typeof value === 'string') return renderText(value, lookup, where);
  if (Array.isArray(value)) {
    return value
      .map((item, index) => renderValue(item, lookup, `${where}/${index}`))
      .filter((item) => item !== undefined);
  }
  if (!isObject(value) || isLeftOut(value)) return isObject(value) ? undefined : value;
  const choice = parseChoice(value);
  if (choice === 'malformed') throw new RenderError('a choice is malformed', where, 'Write $by: settings.x and cases.');
  if (choice === undefined) return renderObject(value, lookup, where);
  const by = lookup({ root: 'settings', name: choice.setting });
  const chosen = typeof by === 'string' || typeof by === 'boolean' ? own(choice.cases, String(by)) : undefined;
  return chosen === undefined ? undefined : renderValue(chosen, lookup, where);
}

function renderObject(value: JsonObject, lookup: Lookup, where: string): JsonObject {
  const entries = Object.entries(value).flatMap(([key, item]): [string, Json][] => {
    const rendered = renderValue(item, lookup, `${where}/${key}`);
    return rendered === undefined ? [] : [[key, rendered]];
  });
  return Object.fromEntries(entries);
}

function renderText(text: string, lookup: Lookup, where: string): Json | undefined {
  const rendered: string[] = [];
  const parts = parseText(text);
  for (const part of parts) {
    if (part.kind === 'unreadable')
      throw new RenderError('a reference cannot be read', where, `Write it like \${folder}.`);
    if (part.kind === 'text') {
      rendered.push(part.text);
      continue;
    }
    const value = lookup(part.reference);
    if (value === undefined || parts.length === 1) return value;
    if (typeof value !== 'string' && typeof value !== 'number') {
      const hint = `Let ${referenceText(part.reference)} be the whole of the string.`;
      throw new RenderError('only text and numbers can stand inside a longer string', where, hint);
    }
    rendered.push(String(value));
  }
  return rendered.join('');
}

/** Renders a string that must stay a string, such as an argument of a command. */
export function renderString(text: string, lookup: Lookup, where: string): string {
  const value = renderText(text, lookup, where);
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new RenderError('text is needed here', where, 'Refer to a text or a number that is always set.');
}
