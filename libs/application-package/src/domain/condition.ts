import type { JsonObject } from './application-package.js';
import type { Condition } from './condition.schema.js';

/** Something that may be declared for one value of a setting only. */
export interface Conditional {
  readonly when?: Condition | undefined;
}

/** Whether it is there for these settings. Defaults must have been applied to them (`withDefaults`). */
export function isThere({ when }: Conditional, settings: JsonObject): boolean {
  if (when === undefined) return true;
  return Object.hasOwn(settings, when.setting) && settings[when.setting] === when.is;
}

/** Whether no settings make both of them be there. */
export function excludeEachOther(one: Conditional, other: Conditional): boolean {
  if (one.when === undefined || other.when === undefined) return false;
  return one.when.setting === other.when.setting && one.when.is !== other.when.is;
}
