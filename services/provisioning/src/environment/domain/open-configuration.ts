/**
 * What an agent is given of a configuration, once everything personal in it is opened.
 *
 * A secret setting stands in the log as `{"$secret": <name in the vault>}`; that name changes with the value, so that a
 * changed secret is another configuration. The agent finds the value both in its place and, by the setting, in `secrets`.
 */
import { openedText } from '@freehold/kernel';
import { z } from 'zod';

const SecretSetting = z.strictObject({ $secret: z.string() });
type Json = z.infer<z.ZodJSONSchema>;

export interface Opened {
  application: string;
  version: string;
  digest: string;
  settings: Readonly<Record<string, Json>>;
  secretSettings: readonly string[];
  secrets: readonly string[];
  names: readonly { purpose: string; name: Json }[];
}

interface NamedSecret {
  /** As the application knows it: a secret of its package, or a setting. */
  name: string;
  /** As the vault knows it. */
  kept: string;
}

/** Every secret that this configuration needs. */
export function secretsOf({
  settings,
  secretSettings,
  secrets,
}: Pick<Opened, 'secrets' | 'secretSettings'> & { settings: Readonly<Record<string, unknown>> }): NamedSecret[] {
  return [
    ...secrets.map((name) => ({ name, kept: name })),
    ...secretSettings.map((name) => ({ name, kept: SecretSetting.safeParse(settings[name]).data?.$secret ?? name })),
  ];
}

/** @param values by name in the vault; all of them are there. */
export function configurationWith({ names, ...configuration }: Opened, values: ReadonlyMap<string, string>) {
  const secrets = Object.fromEntries(secretsOf(configuration).map(({ name, kept }) => [name, values.get(kept) ?? '']));
  const settings = { ...configuration.settings };
  for (const name of configuration.secretSettings) settings[name] = secrets[name] ?? '';
  return {
    configuration: { ...configuration, settings },
    names: Object.fromEntries(names.map(({ purpose, name }) => [purpose, openedText(name)])),
    secrets,
  };
}
