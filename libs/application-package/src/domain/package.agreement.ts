/** What must agree inside a package beyond the schema of `app.yaml`: names that are referred to exist, exactly once. */
import type { Finding } from '@freehold/kernel';
import { pointer, type JsonObject } from './application-package.js';
import { conditionFindings } from './condition.agreement.js';
import { excludeEachOther, type Conditional } from './condition.js';
import { countFindings } from './counts.agreement.js';
import type { AppDescription } from './description.schema.js';
import { documentFindings, type Known } from './reference.agreement.js';
import { settingProperties } from './settings.compile.js';

export function agreementFindings(app: AppDescription, settingsSchema: JsonObject): Finding[] {
  const known: Known = {
    settings: settingProperties(settingsSchema),
    secrets: new Map(app.secrets.map((secret) => [secret.name, secret.put !== undefined])),
    names: new Set(app.resources.names.map((name) => name.purpose)),
    ports: new Set(Object.values(app.variants).flatMap((variant) => variant?.ports.map((port) => port.name) ?? [])),
    host: new Set(app.variants.process?.needs.programs.map((program) => program.name)),
  };
  return [
    ...duplicates(app),
    ...documentFindings(app, known),
    ...countFindings(app),
    ...conditionFindings(app, known.settings),
    ...nameFindings(app, known),
    ...secretFindings(app, known),
  ];
}

function duplicates(app: AppDescription): Finding[] {
  const lists: [readonly (string | number)[], readonly string[], (readonly Conditional[])?][] = [
    [['releases'], app.releases.map((release) => release.version)],
    [['resources', 'names'], app.resources.names.map((name) => name.purpose)],
    [['files'], [...app.files.map((file) => file.path), ...app.secrets.flatMap((secret) => secret.put?.path ?? [])]],
    [['state'], app.state.map((part) => part.name), app.state],
    [['secrets'], app.secrets.map((secret) => secret.name)],
    [['counts'], app.counts.map((count) => count.name)],
    ...declared(app.variants).flatMap(([variant, runs]): typeof lists => [
      [['variants', variant, 'ports'], runs.ports.map((port) => port.name)],
      [['variants', variant, 'units'], runs.units.map((unit) => unit.name), conditions(runs.units)],
    ]),
  ];
  return lists.flatMap(([at, names, conditional = []]) => {
    const together = (one: number, other: number): boolean =>
      !excludeEachOther(conditional[one] ?? {}, conditional[other] ?? {});
    const twice = new Set(
      names.filter((name, index) => names.some((same, at) => at < index && same === name && together(at, index))),
    );
    return [...twice].map((name) => ({
      pointer: pointer(...at),
      code: 'name-twice',
      detail: `${name} is declared more than once`,
      hint: 'Give each its own name or path.',
    }));
  });
}

/** Units of a variant that has no conditions are always there. */
function conditions(units: readonly (Conditional | object)[]): Conditional[] {
  return units.map((unit) => ('when' in unit ? { when: unit.when } : {}));
}

type Use = readonly [at: readonly (string | number)[], name: string];

/** Uses of names and ports outside of `${…}`. */
function nameFindings(app: AppDescription, known: Known): Finding[] {
  const variants = declared(app.variants);
  const ports: Use[] = [
    ...(['started', 'ready', 'alive'] as const).map((kind): Use => [['health', kind, 'port'], app.health[kind].port]),
    ...app.identity.map((probe, index): Use => [['identity', index, 'port'], probe.port]),
    ...variants.flatMap(([kind, runs]) =>
      runs.routes.map((route, index): Use => [['variants', kind, 'routes', index, 'port'], route.port]),
    ),
  ];
  const names: Use[] = [
    ...app.identity.map((probe, index): Use => [['identity', index, 'name'], probe.name]),
    ...variants.flatMap(([kind, runs]) =>
      runs.routes.map((route, index): Use => [['variants', kind, 'routes', index, 'name'], route.name]),
    ),
    ...(app.mail.needs === 'none' ? [] : [[['mail', 'name'], app.mail.name] as const]),
    ...(app['sign-on'].takes === 'none' ? [] : [[['sign-on', 'name'], app['sign-on'].name] as const]),
  ];
  return [
    ...unknown(ports, known.ports, 'port-unknown', 'Declare the port in the variant’s ports.'),
    ...unknown(names, known.names, 'purpose-unknown', 'Declare the purpose in resources.names.'),
  ];
}

function unknown(uses: readonly Use[], known: ReadonlySet<string>, code: string, hint: string): Finding[] {
  return uses
    .filter(([, name]) => !known.has(name))
    .map(([at, name]) => ({ pointer: pointer(...at), code, detail: `${name} is not declared`, hint }));
}

function secretFindings(app: AppDescription, known: Known): Finding[] {
  const unmade = app.secrets.flatMap((secret, index): Finding[] => {
    if ((secret.madeBy === 'platform') === (secret.generate !== undefined)) return [];
    const hint = 'Give generate when the platform makes it, and leave it out when the application does.';
    const detail = `it does not fit who makes ${secret.name}`;
    return [{ pointer: pointer('secrets', index, 'generate'), code: 'secret-unmade', detail, hint }];
  });
  const uses = declared(app.hooks).flatMap(([hook, own]) => [
    ...own.secrets.map((name, index): Use => [['hooks', hook, 'secrets', index], name]),
    ...('account' in own ? [[['hooks', hook, 'account', 'passwordSecret'], own.account.passwordSecret] as const] : []),
  ]);
  const names = new Set(known.secrets.keys());
  return [...unmade, ...unknown(uses, names, 'secret-unknown', 'Declare the secret in secrets.')];
}

/** Entries that are really there: an optional field of a schema may be present and undefined. */
function declared<Value>(record: Readonly<Record<string, Value | undefined>>): [string, Value][] {
  return Object.entries(record).flatMap(([name, value]): [string, Value][] =>
    value === undefined ? [] : [[name, value]],
  );
}
