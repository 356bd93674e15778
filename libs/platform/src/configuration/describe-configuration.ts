import type { z } from 'zod';
import { type ConfigurationSchema, variableOf } from './configuration.js';

/** A description is missing: a bug of the schema's author. */
export class VariableUndescribed extends Error {
  readonly hint = 'Add `.describe(…)` to the field.';

  constructor(readonly field: string) {
    super(`The configuration field "${field}" has no description`);
    this.name = 'VariableUndescribed';
  }
}

/**
 * The reference of a service's variables: a markdown table, in the order of the schema.
 *
 * @throws VariableUndescribed
 */
export function describeConfiguration(schema: ConfigurationSchema): string {
  const rows = Object.entries(schema.shape).map(([field, type]) => {
    const { description } = type as z.ZodType;
    if (description === undefined) throw new VariableUndescribed(field);
    return `| \`${variableOf(field)}\` | ${description} | ${defaultOf(type as z.ZodType)} |`;
  });
  return ['| variable | what it is | default |', '|---|---|---|', ...rows, ''].join('\n');
}

function defaultOf(type: z.ZodType): string {
  const parsed = type.safeParse(undefined);
  if (!parsed.success) return 'required';
  return parsed.data === undefined ? 'none' : `\`${JSON.stringify(parsed.data)}\``;
}
