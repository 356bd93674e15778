import type { Finding } from '@freehold/kernel';
import { isObject, pointer, type Json, type JsonObject } from './application-package.js';
import { compileSettings, settingProperties } from './settings.compile.js';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const SCHEMA_POINTER = '/settings.schema.json';

/** Judges a settings schema itself. Pointers begin with `/settings.schema.json`. */
export function settingsSchemaFindings(schema: Json): Finding[] {
  if (!isObject(schema)) return [found('', 'settings-schema-invalid', 'the settings schema is not an object')];
  const shape = shapeFindings(schema);
  try {
    compileSettings(schema);
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'it cannot be compiled';
    return [...shape, found('', 'settings-schema-invalid', detail)];
  }
  return [...shape, ...defaultFindings(schema)];
}

function shapeFindings(schema: JsonObject): Finding[] {
  const wanted: [string, boolean, string][] = [
    ['$schema', schema['$schema'] === DIALECT, `$schema must be ${DIALECT}`],
    ['type', schema['type'] === 'object', 'settings are an object: type must be object'],
    ['additionalProperties', schema['additionalProperties'] === false, 'additionalProperties must be false'],
    ['properties', isObject(schema['properties']), 'properties must list the settings'],
  ];
  const wrong = wanted
    .filter(([, good]) => !good)
    .map(([key, , detail]) => found(pointer(key), 'settings-schema-shape', detail));
  const untitled = Object.entries(settingProperties(schema))
    .filter(([, own]) => typeof own['title'] !== 'string')
    .map(([name]) =>
      found(pointer('properties', name, 'title'), 'setting-untitled', 'a setting needs a title for its form'),
    );
  return [...wrong, ...untitled];
}

/** Defaults must be what the schema allows; a required setting may have none. */
function defaultFindings(schema: JsonObject): Finding[] {
  const defaults: JsonObject = {};
  const { fill, check } = compileSettings(schema);
  fill(defaults);
  check(defaults);
  return (check.errors ?? [])
    .filter((error) => error.keyword !== 'required')
    .map((error) =>
      found(`/properties${error.instancePath}/default`, 'setting-default', error.message ?? 'is not allowed'),
    );
}

function found(at: string, code: string, detail: string): Finding {
  const hint = 'Correct settings.schema.json: JSON Schema 2020-12 of type object, one titled property a setting.';
  return { pointer: `${SCHEMA_POINTER}${at}`, code, detail, hint };
}
