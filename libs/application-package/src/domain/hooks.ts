import type { ApplicationPackage, JsonObject } from './application-package.js';
import { lookupIn, renderString, type Values } from './document.render.js';
import type { HookName } from './operation.schema.js';
import { secretPathsOf } from './package.render.js';
import { withDefaults } from './settings.validate.js';

type Described = Pick<ApplicationPackage, 'description' | 'settingsSchema' | 'placed'>;

/** How to run a hook. Its input is a JSON file whose path is the only argument after the script. */
export interface HookSpec {
  readonly when: 'before-start' | 'running' | 'stopped';
  readonly timeLimitMs: number;
  readonly command: string[];
  readonly workingFolder: string;
  /** Where things are, so that a shell script need not read JSON to find an interpreter. Nothing secret. */
  readonly environment: Record<string, string>;
}

/** Names of the hooks that a package has. */
export function hookNames(app: Pick<Described, 'description'>): HookName[] {
  const hooks = app.description.hooks;
  const all: HookName[] = ['configure', 'first-admin', 'quiesce', 'after-restore', 'upgrade'];
  return all.filter((name) => hooks[name] !== undefined);
}

/** The command of a hook; undefined if the package has none of this name. `packageFolder` is where its files were put. */
export function hookSpec(
  app: Pick<Described, 'description' | 'placed'>,
  hook: HookName,
  places: { packageFolder: string; folder: string; releaseFolder: string; inputPath: string },
): HookSpec | undefined {
  const declared = app.description.hooks[hook];
  if (declared === undefined) return undefined;
  return {
    when: declared.when,
    timeLimitMs: declared.timeLimitMs,
    command: ['/bin/sh', `${places.packageFolder}/${declared.script}`, places.inputPath],
    workingFolder: places.folder,
    environment: {
      FREEHOLD_FOLDER: places.folder,
      FREEHOLD_RELEASE: places.releaseFolder,
      FREEHOLD_PACKAGE: places.packageFolder,
      ...hostVariables(app.placed?.host ?? {}),
    },
  };
}

/** Where the host's programs lie: FREEHOLD_HOST_POSTGRES. */
function hostVariables(host: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(host).map(([name, folder]) => [`FREEHOLD_HOST_${name.toUpperCase().replaceAll('-', '_')}`, folder]),
  );
}

/** The input of a hook, to be written as JSON with mode 0400 and removed afterwards. Holds only the secrets it declares. */
export function hookInput(app: Described, hook: HookName, values: Values): JsonObject {
  const lookup = lookupIn(values, secretPathsOf(app), app.placed);
  const wanted = app.description.hooks[hook]?.secrets ?? [];
  const secrets = wanted.map((name): [string, string] => [
    name,
    renderString(`\${secret.${name}}`, lookup, `hooks/${hook}`),
  ]);
  return {
    hook,
    settings: withDefaults(app, values.settings),
    secrets: Object.fromEntries(secrets),
    names: { ...values.names },
    ports: { ...values.ports },
    folder: values.folder,
    releaseFolder: values.releaseFolder,
    publicPort: values.publicPort,
    ...accountInput(app, hook, values),
  };
}

function accountInput(app: Described, hook: HookName, values: Values): JsonObject {
  const account = hook === 'first-admin' ? firstAdmin(app, values) : undefined;
  return account === undefined ? {} : { account: { ...account } };
}

/** The first administrator's account: its name, and which secret is its password. Undefined if the package makes none. */
export function firstAdmin(
  app: Described,
  values: Pick<Values, 'settings' | 'names'>,
): { readonly user: string; readonly passwordSecret: string } | undefined {
  const account = app.description.hooks['first-admin']?.account;
  if (account === undefined) return undefined;
  const settings = withDefaults(app, values.settings);
  const nothing = { secrets: {}, ports: {}, folder: '', releaseFolder: '', publicPort: 0 };
  const lookup = lookupIn({ ...nothing, names: values.names, settings }, new Map());
  return { user: renderString(account.user, lookup, 'hooks/first-admin'), passwordSecret: account.passwordSecret };
}
