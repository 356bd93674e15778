import type { Finding } from '@freehold/kernel';
import { pointer, type JsonObject } from './application-package.js';
import type { Conditional } from './condition.js';
import type { AppDescription } from './description.schema.js';

type At = readonly (string | number)[];

/** Conditions name a value that a setting can have; what state there is follows from fixed settings only. */
export function conditionFindings(app: AppDescription, settings: Readonly<Record<string, JsonObject>>): Finding[] {
  const runs = app.variants.process;
  const at: At = ['variants', 'process'];
  return [
    ...judged(app.state, ['state'], settings),
    ...judged(runs?.units ?? [], [...at, 'units'], settings),
    ...judged(runs?.needs.programs ?? [], [...at, 'needs', 'programs'], settings),
    ...app.state.flatMap(({ when }, index) =>
      when === undefined || settings[when.setting]?.['x-fixed'] === true
        ? []
        : [unfixed(['state', index, 'when', 'setting'], when.setting)],
    ),
  ];
}

function judged(declared: readonly Conditional[], at: At, settings: Readonly<Record<string, JsonObject>>): Finding[] {
  return declared.flatMap(({ when }, index) => {
    if (when === undefined) return [];
    const schema = Object.hasOwn(settings, when.setting) ? settings[when.setting] : undefined;
    const offered = schema?.['type'] === 'boolean' ? [true, false] : schema?.['enum'];
    if (Array.isArray(offered) && offered.includes(when.is)) return [];
    const detail = `${String(when.is)} is no value of a setting ${when.setting}`;
    const hint = 'Name a setting that the settings schema declares as boolean or as an enum, and one of its values.';
    return [{ pointer: pointer(...at, index, 'when'), code: 'condition-unknown', detail, hint }];
  });
}

function unfixed(at: At, setting: string): Finding {
  const detail = `${setting} may change after the order, and with it what state there is`;
  return { pointer: pointer(...at), code: 'condition-unfixed', detail, hint: 'Mark the setting with x-fixed: true.' };
}
