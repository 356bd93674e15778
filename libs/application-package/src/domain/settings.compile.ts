import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import type { Finding } from '@freehold/kernel';
import { isObject, type JsonObject } from './application-package.js';

/** Our marks in a settings schema: personal data (enciphered), fixed after the order, order in a form. */
export const MARKS = ['x-personal', 'x-fixed', 'x-order'] as const;

const addFormats = addFormatsModule.default;

/** A validator that reports everything; with `useDefaults` it also fills in what is not set. */
function newAjv(useDefaults: boolean): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, useDefaults, ownProperties: true });
  addFormats(ajv);
  for (const mark of MARKS) ajv.addKeyword({ keyword: mark, schemaType: mark === 'x-order' ? 'number' : 'boolean' });
  return ajv;
}

const compiled = new WeakMap<JsonObject, { check: ValidateFunction; fill: ValidateFunction }>();

/** Compiled once per schema: `check` leaves its argument alone, `fill` puts defaults into it. */
export function compileSettings(schema: JsonObject): { check: ValidateFunction; fill: ValidateFunction } {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const made = { check: newAjv(false).compile(schema), fill: newAjv(true).compile(schema) };
  compiled.set(schema, made);
  return made;
}

/** The properties of a settings schema: flat, one per setting. */
export function settingProperties(schema: JsonObject): Record<string, JsonObject> {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  return Object.fromEntries(Object.entries(properties).flatMap(([name, own]) => (isObject(own) ? [[name, own]] : [])));
}

const CODES: Readonly<Record<string, { code: string; hint: string }>> = {
  required: { code: 'setting-missing', hint: 'Give this setting.' },
  additionalProperties: { code: 'setting-unknown', hint: 'Leave it out; the schema lists the settings there are.' },
  type: { code: 'setting-type', hint: 'Give a value of the type that the schema names.' },
  enum: { code: 'setting-not-offered', hint: 'Choose one of the values that the schema lists.' },
  const: { code: 'setting-not-offered', hint: 'Give the value that the schema names.' },
  minimum: { code: 'setting-out-of-range', hint: 'Give a number within the schema’s bounds.' },
  maximum: { code: 'setting-out-of-range', hint: 'Give a number within the schema’s bounds.' },
  minLength: { code: 'setting-length', hint: 'Give a text of a length within the schema’s bounds.' },
  maxLength: { code: 'setting-length', hint: 'Give a text of a length within the schema’s bounds.' },
  pattern: { code: 'setting-form', hint: 'Give a text of the form that the schema describes.' },
  format: { code: 'setting-form', hint: 'Give a text of the form that the schema describes.' },
};
const OTHER = { code: 'setting-refused', hint: 'Correct this setting as the schema describes.' };

/** A finding from an error of the validator. Never holds the offending value: it may be personal or secret. */
export function settingFinding(error: ErrorObject): Finding {
  const { code, hint } = CODES[error.keyword] ?? OTHER;
  const inside = error.params['missingProperty'] ?? error.params['additionalProperty'];
  const below = typeof inside === 'string' ? `/${inside.replaceAll('~', '~0').replaceAll('/', '~1')}` : '';
  const offered = Array.isArray(error.params['allowedValues']) ? `: ${error.params['allowedValues'].join(', ')}` : '';
  const what = error.keyword === 'required' ? 'is missing' : (error.message ?? 'does not match the schema');
  const detail = error.keyword === 'additionalProperties' ? 'there is no such setting' : `${what}${offered}`;
  return { pointer: `${error.instancePath}${below}`, code, detail, hint };
}
