import type { Finding } from '@freehold/kernel';
import { z } from 'zod';

/*
 * A service's configuration: one zod object, parsed once at start from the environment. A field `natsUrl` is the
 * variable `FREEHOLD_NATS_URL`; every field has a description. Secrets are never values here, only paths of files.
 */

const PREFIX = 'FREEHOLD_';

export type ConfigurationSchema = z.ZodObject<z.ZodRawShape>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** `natsUrl` → `FREEHOLD_NATS_URL`. */
export const variableOf = (field: string): string =>
  PREFIX + field.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** Everything that is wrong with the environment, at once. */
export class ConfigurationInvalid extends Error {
  readonly hint = 'Correct these variables and start again; docs/configuration lists every variable.';

  constructor(readonly findings: readonly Finding[]) {
    super(`The configuration is wrong:\n${findings.map((each) => `  ${each.pointer}: ${each.detail}`).join('\n')}`);
    this.name = 'ConfigurationInvalid';
  }
}

/**
 * Parses the environment.
 *
 * @param known schemas of other services that run in the same Node process: their variables are no errors.
 * @throws ConfigurationInvalid with one finding for each wrong, missing or unknown variable; values are not repeated.
 */
export function configuration<Schema extends ConfigurationSchema>(
  schema: Schema,
  environment: Environment,
  known: readonly ConfigurationSchema[] = [],
): z.infer<Schema> {
  const input: Record<string, string> = {};
  for (const field of Object.keys(schema.shape)) {
    const value = environment[variableOf(field)];
    if (value !== undefined && value !== '') input[field] = value;
  }
  const parsed = schema.safeParse(input);
  const findings = [
    ...unknownVariables(environment, [schema, ...known]),
    ...(parsed.error?.issues.map(asFinding) ?? []),
  ];
  if (!parsed.success || findings.length > 0) throw new ConfigurationInvalid(findings);
  return parsed.data;
}

function unknownVariables(environment: Environment, schemas: readonly ConfigurationSchema[]): Finding[] {
  const names = new Set(schemas.flatMap((each) => Object.keys(each.shape).map(variableOf)));
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !names.has(name))
    .map((name) => ({
      pointer: name,
      code: 'variable-unknown',
      detail: 'no service that starts here knows this variable',
      hint: `Remove it, or correct its name: ${[...names].sort().join(', ')}.`,
    }));
}

function asFinding(issue: z.core.$ZodIssue): Finding {
  return {
    pointer: variableOf(String(issue.path[0] ?? '')),
    code: 'variable-invalid',
    detail: issue.message,
    hint: 'Set it as its description says.',
  };
}
