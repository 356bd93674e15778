import { z } from 'zod';
import type { JsonObject } from './application-package.js';

/**
 * What is declared for one value of a setting only: `when: { setting: database, is: postgres }`.
 *
 * A name may be declared several times, if no value of the setting makes two of them true at once.
 */
export const Condition = z
  .strictObject({ setting: z.string().min(1), is: z.union([z.string(), z.boolean()]) })
  .describe('it is there only if this setting has this value');
export type Condition = z.infer<typeof Condition>;

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
