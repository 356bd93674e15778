import type { Finding } from '@freehold/kernel';
import { isObject, pointer, type Json, type JsonObject } from './application-package.js';
import { isLeftOut, parseChoice, type Choice } from './choice.js';
import type { AppDescription } from './description.schema.js';
import { parseText, referenceText, type Reference } from './reference.js';

/** What references may name. `secrets` tells whether the secret lies in a file of its own. */
export interface Known {
  readonly settings: Readonly<Record<string, JsonObject>>;
  readonly secrets: ReadonlyMap<string, boolean>;
  readonly names: ReadonlySet<string>;
  readonly ports: ReadonlySet<string>;
  /** Programs of the host. */
  readonly host: ReadonlySet<string>;
}

type At = readonly (string | number)[];

/** Every `${…}` and `$by` in files and units: readable, known, and no secret where others can see it. */
export function documentFindings(app: AppDescription, known: Known): Finding[] {
  const files = app.files.flatMap((file, index) => {
    const readable = (Number.parseInt(file.mode, 8) & 0o077) !== 0;
    return walk(file.document, ['files', index, 'document'], known, !readable);
  });
  const units = (app.variants.process?.units ?? []).flatMap((unit, index) => {
    const at = ['variants', 'process', 'units', index];
    return [
      ...walk(unit.command, [...at, 'command'], known, false),
      ...walk(unit.workingFolder, [...at, 'workingFolder'], known, false),
      ...walk(unit.environment, [...at, 'environment'], known, false),
    ];
  });
  const account = app.hooks['first-admin']?.account.user ?? '';
  return [...files, ...units, ...walk(account, ['hooks', 'first-admin', 'account', 'user'], known, false)];
}

function walk(value: Json, at: At, known: Known, secretsMay: boolean): Finding[] {
  if (typeof value === 'string') return textFindings(value, at, known, secretsMay);
  if (Array.isArray(value)) return value.flatMap((item, index) => walk(item, [...at, index], known, secretsMay));
  if (!isObject(value) || isLeftOut(value)) return [];
  const choice = parseChoice(value);
  if (choice === 'malformed') return [finding(at, 'choice-malformed', 'a choice has $by: settings.x and cases only')];
  if (choice !== undefined) {
    const inside = Object.entries(choice.cases).flatMap(([key, item]) =>
      walk(item, [...at, 'cases', key], known, secretsMay),
    );
    return [...choiceFindings(choice, at, known), ...inside];
  }
  return Object.entries(value).flatMap(([key, item]) => walk(item, [...at, key], known, secretsMay));
}

function textFindings(text: string, at: At, known: Known, secretsMay: boolean): Finding[] {
  return parseText(text).flatMap((part): Finding[] => {
    if (part.kind === 'text') return [];
    if (part.kind === 'unreadable') return [finding(at, 'reference-unreadable', `${part.text} cannot be read`)];
    const written = referenceText(part.reference);
    if (!isKnown(part.reference, known)) return [finding(at, 'reference-unknown', `${written} is not declared`)];
    const exposed = part.reference.root === 'secret' && !secretsMay;
    return exposed ? [finding(at, 'secret-exposed', `${written} stands where others can read it`)] : [];
  });
}

const HINTS: Readonly<Record<string, string>> = {
  'reference-unreadable': 'Write a reference like ${settings.x}, and $${ for the characters ${ themselves.',
  'reference-unknown': 'Declare the setting, secret, name, port or program of the host, or correct the spelling.',
  'secret-exposed': 'Put secrets into files of mode 0400 or 0600 only, never into commands or the environment.',
  'choice-malformed': 'Write { $by: settings.x, cases: { value: … } }.',
  'choice-unknown': 'Choose by a setting that the settings schema declares as boolean or as an enum of texts.',
  'case-missing': 'Give one case for each value of the setting, no others.',
};

function finding(at: At, code: string, detail: string): Finding {
  return { pointer: pointer(...at), code, detail, hint: HINTS[code] ?? '' };
}

function isKnown(reference: Reference, known: Known): boolean {
  switch (reference.root) {
    case 'settings':
      return Object.hasOwn(known.settings, reference.name);
    case 'secret':
      return known.secrets.has(reference.name);
    case 'secretPath':
      return known.secrets.get(reference.name) === true;
    case 'name':
      return known.names.has(reference.name);
    case 'port':
      return known.ports.has(reference.name);
    case 'host':
      return known.host.has(reference.name);
    case 'folder':
    case 'package':
    case 'release':
    case 'publicPort':
      return true;
  }
}

function choiceFindings(choice: Choice, at: At, known: Known): Finding[] {
  const schema = Object.hasOwn(known.settings, choice.setting) ? known.settings[choice.setting] : undefined;
  const offered = schema?.['type'] === 'boolean' ? [true, false] : schema?.['enum'];
  if (!Array.isArray(offered) || offered.some((value) => typeof value !== 'string' && typeof value !== 'boolean'))
    return [finding(at, 'choice-unknown', `${choice.setting} is no setting with known values`)];
  const [values, cases] = [offered.map(String), Object.keys(choice.cases)];
  const missing = values.filter((value) => !cases.includes(value)).map((value) => `no case for ${value}`);
  const spare = cases.filter((value) => !values.includes(value)).map((value) => `${value} is no value of the setting`);
  return [...missing, ...spare].map((detail) => finding(at, 'case-missing', detail));
}
