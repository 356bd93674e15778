/**
 * Settings as they are recorded: personal values enciphered, secret ones as `{"$secret": <name in the vault>}`. That name
 * follows from the value, so that a changed secret is a changed configuration, and an old generation keeps its own.
 */
import type { Finding } from '@freehold/kernel';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

export type Json = z.infer<z.ZodJSONSchema>;
export type Settings = Record<string, Json>;

const SecretSetting = z.strictObject({ $secret: z.string() });

/** The name in the vault, if this is a secret setting. */
export const secretNameOf = (recorded: unknown): string | undefined => SecretSetting.safeParse(recorded).data?.$secret;

export const secretSetting = (kept: string): Json => ({ $secret: kept });

/** What a person is shown in place of a secret. */
export const SECRET = 'secret';

export const withoutSecrets = (settings: Settings): Settings =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, secretNameOf(value) === undefined ? value : SECRET]),
  );

/** The fields of a patch that really change something; null: back to the default. */
export const changedFields = (current: Settings, patch: Settings): Settings =>
  Object.fromEntries(Object.entries(patch).filter(([name, value]) => !isDeepStrictEqual(current[name] ?? null, value)));

/** The recorded settings after a change whose values are as they are to be recorded. */
export function patched(recorded: Settings, patch: Settings): { settings: Settings; secretSettings: string[] } {
  const settings = Object.fromEntries(Object.entries({ ...recorded, ...patch }).filter(([, value]) => value !== null));
  return { settings, secretSettings: secretSettingsOf(settings) };
}

export const secretSettingsOf = (settings: Settings): string[] =>
  Object.keys(settings)
    .filter((name) => secretNameOf(settings[name]) !== undefined)
    .toSorted();

/** Findings about settings, as whoever sent them will look for them. */
export const belowSettings = (findings: readonly Finding[]): Finding[] =>
  findings.map((finding) => ({ ...finding, pointer: `/settings${finding.pointer}` }));
