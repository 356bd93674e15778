import type { Finding } from '@freehold/kernel';
import { isDeepStrictEqual } from 'node:util';
import { isObject, pointer, type ApplicationPackage, type Json, type JsonObject } from './application-package.js';
import { compileSettings, settingFinding, settingProperties } from './settings.compile.js';

/** The part of a package that settings are judged by. */
export type WithSettings = Pick<ApplicationPackage, 'settingsSchema'>;

/**
 * `order`: `settings` are all that the operator chose. `change`: they are a merge patch (RFC 7396) on `current`; without
 * `current` a patch is judged alone: what is required need not be in it, and what is fixed must not be.
 */
export type SettingsMode =
  { readonly mode: 'order' } | { readonly mode: 'change'; readonly current?: JsonObject | undefined };

/** All findings at once, none if the settings are good. Pointers are relative to the settings: `/uploadLimitMebibytes`. */
export function validateSettings(app: WithSettings, settings: Json, mode: SettingsMode): Finding[] {
  if (!isObject(settings)) {
    const hint = 'Give an object with one field per setting.';
    return [{ pointer: '', code: 'setting-type', detail: 'the settings are not an object', hint }];
  }
  if (mode.mode === 'order') return schemaFindings(app, withDefaults(app, settings));
  const before = mode.current === undefined ? undefined : withDefaults(app, mode.current);
  const after =
    mode.current === undefined ? mergePatch({}, settings) : withDefaults(app, mergePatch(mode.current, settings));
  const found = schemaFindings(app, after, before === undefined);
  return [...found, ...fixedFindings(app, settings, before)];
}

/** The settings with the schema's defaults where nothing is set. Does not judge them. */
export function withDefaults(app: WithSettings, settings: JsonObject): JsonObject {
  const filled = structuredClone(settings);
  compileSettings(app.settingsSchema).fill(filled);
  return filled;
}

/** A change applied to settings: a field that is null goes back to its default. Lists and objects are replaced whole. */
export function mergePatch(current: JsonObject, patch: JsonObject): JsonObject {
  const merged = Object.entries({ ...current, ...patch }).filter(([, value]) => value !== null);
  return Object.fromEntries(merged);
}

function schemaFindings(app: WithSettings, settings: JsonObject, partial = false): Finding[] {
  const { check } = compileSettings(app.settingsSchema);
  check(settings);
  const errors = (check.errors ?? []).filter((error) => !(partial && error.keyword === 'required'));
  return errors.map(settingFinding);
}

function fixedFindings(app: WithSettings, patch: JsonObject, before: JsonObject | undefined): Finding[] {
  return fixedSettings(app).flatMap((name) => {
    if (!Object.hasOwn(patch, name)) return [];
    if (before !== undefined && isDeepStrictEqual(before[name], patch[name])) return [];
    const detail = 'it is fixed when the deployment is ordered';
    return [{ pointer: pointer(name), code: 'setting-fixed', detail, hint: 'Leave it out of the change.' }];
  });
}

/** Names of the settings that are chosen with the order and never change afterwards (`x-fixed`). */
export function fixedSettings(app: WithSettings): string[] {
  return Object.entries(settingProperties(app.settingsSchema)).flatMap(([name, schema]) =>
    schema['x-fixed'] === true ? [name] : [],
  );
}

/** What of a change from `before` to `after` (both whole) is refused because it is fixed with the order: all findings. */
export function refusedChanges(app: WithSettings, before: JsonObject, after: JsonObject): Finding[] {
  const [was, is] = [withDefaults(app, before), withDefaults(app, after)];
  const touched = fixedSettings(app).filter((name) => Object.hasOwn(was, name) || Object.hasOwn(is, name));
  return fixedFindings(app, Object.fromEntries(touched.map((name) => [name, is[name] ?? null])), was);
}

/** Which settings are personal data (`x-personal`) and which are secrets (`writeOnly`), as pointers. */
export function classifySettings(app: WithSettings): { personal: string[]; secret: string[] } {
  const marked = (mark: string): string[] =>
    Object.entries(settingProperties(app.settingsSchema))
      .filter(([, schema]) => schema[mark] === true)
      .map(([name]) => pointer(name));
  return { personal: marked('x-personal'), secret: marked('writeOnly') };
}
