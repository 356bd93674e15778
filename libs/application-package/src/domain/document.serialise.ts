import { isDeepStrictEqual } from 'node:util';
import { parse as parseIni, stringify as stringifyIni } from 'ini';
import { parse as parseYaml, stringify as stringifyYaml } from 'yaml';
import { isObject, type Json } from './application-package.js';
import { RenderError } from './document.render.js';
import type { FileDescription } from './runs.schema.js';

type Format = FileDescription['format'];

/**
 * Writes a document in a file's format. What was written is read back and compared: a value that the format cannot carry
 * is an error, never an altered value.
 *
 * @throws RenderError with the file's path
 */
export function serialise(format: Format, document: Json, path: string): string {
  if (!wellFormed(document)) throw unfit(path, 'it holds text that is not Unicode');
  switch (format) {
    case 'yaml':
      return checked(stringifyYaml(document, YAML), document, parseYaml, path);
    case 'json':
      return checked(`${JSON.stringify(document, null, 2)}\n`, document, JSON.parse, path);
    case 'ini':
      return checked(stringifyIni(asText(document)), asText(document), (text) => plain(parseIni(text)), path);
    case 'python-ini':
      return pythonIni(document, path);
    case 'environment':
      return environment(document, path);
  }
}

/** Every string in double quotes, so that readers of YAML 1.1 and 1.2 take `no`, `1_000` and `12:30` for text alike. */
const YAML = { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', aliasDuplicateObjects: false } as const;

function checked(text: string, document: Json, parse: (text: string) => unknown, path: string): string {
  if (!isDeepStrictEqual(parse(text), document)) throw unfit(path, 'reading it back gives something else');
  return text;
}

function unfit(path: string, why: string): RenderError {
  return new RenderError(
    `a value cannot be written in this file’s format: ${why}`,
    path,
    'Narrow the setting’s schema.',
  );
}

function wellFormed(value: Json): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (Array.isArray(value)) return value.every(wellFormed);
  if (!isObject(value)) return typeof value !== 'number' || Number.isFinite(value);
  return Object.entries(value).every(([key, item]) => key.isWellFormed() && wellFormed(item));
}

/** INI knows text only: numbers and booleans become their words, so that reading back can be compared. */
function asText(value: Json): Json {
  if (Array.isArray(value)) return value.map(asText);
  if (!isObject(value)) return typeof value === 'boolean' || value === null ? value : String(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asText(item)]));
}

/** `ini` makes objects without a prototype; compare them as ordinary ones. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** Python's RawConfigParser strips white space and reads lines: what it would read otherwise is refused. */
function pythonIni(document: Json, path: string): string {
  if (!isObject(document)) throw unfit(path, 'it needs sections');
  const lines = Object.entries(document).flatMap(([section, options]) => {
    if (!/^[A-Za-z0-9_-]+$/.test(section) || !isObject(options)) throw unfit(path, 'it needs sections with options');
    return [`[${section}]`, ...Object.entries(options).map(([key, value]) => pythonOption(key, value, path)), ''];
  });
  return lines.join('\n');
}

function pythonOption(key: string, value: Json, path: string): string {
  if (!/^[a-z0-9_]+$/.test(key)) throw unfit(path, 'an option has an unusual name');
  if (typeof value === 'number') return `${key} = ${value}`;
  if (typeof value === 'boolean') return `${key} = ${value ? 'True' : 'False'}`;
  const carried = typeof value === 'string' && !/[\p{Cc}\u2028\u2029]/u.test(value) && value.trim() === value;
  if (!carried) throw unfit(path, 'an option is one line of text without white space around it');
  return `${key} = ${value}`;
}

/** `NAME="value"`, read alike by a POSIX shell and by systemd's EnvironmentFile. */
function environment(document: Json, path: string): string {
  if (!isObject(document)) throw unfit(path, 'it needs names with values');
  const lines = Object.entries(document).map(([key, value]) => {
    if (!/^[A-Z_][A-Z0-9_]*$/.test(key)) throw unfit(path, 'a variable has an unusual name');
    if (value === null || typeof value === 'object') throw unfit(path, 'a variable takes text, a number or a boolean');
    const text = String(value);
    if (text.includes('\0')) throw unfit(path, 'a variable cannot hold a zero octet');
    return `${key}="${text.replaceAll(/["\\$`]/g, (character) => `\\${character}`)}"\n`;
  });
  return lines.join('');
}
