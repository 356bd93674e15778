import { type ApplicationPackage, type Json } from './application-package.js';
import { isThere } from './condition.js';
import { lookupIn, renderString, renderValue, RenderError, type Lookup, type Values } from './document.render.js';
import { serialise } from './document.serialise.js';
import type { ProcessVariant } from './runs.schema.js';
import { withDefaults } from './settings.validate.js';

/** A file to write below the deployment's folder. `mode` as a number: 0o400. */
export interface RenderedFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/** A unit to run: no shell between, nothing secret in it. */
export interface UnitSpec {
  readonly name: string;
  readonly command: string[];
  readonly workingFolder?: string;
  readonly environment: Record<string, string>;
  readonly stopSignal?: 'SIGTERM' | 'SIGINT';
  readonly stopTimeoutMs: number;
  readonly network: 'host' | 'none';
}

/** One HTTP request to a port of the deployment and the status that means yes. */
export interface HttpProbeSpec {
  readonly port: number;
  readonly path: string;
  readonly status: number;
  readonly timeoutMs: number;
}

export interface HealthSpec {
  readonly startTimeoutMs: number;
  readonly started: HttpProbeSpec;
  readonly ready: HttpProbeSpec;
  readonly alive: HttpProbeSpec;
}

export interface IdentityProbeSpec {
  readonly kind: ApplicationPackage['description']['identity'][number]['kind'];
  readonly purpose: string;
  /** The domain name whose identity is asked for. */
  readonly name: string;
  readonly port: number;
  /** Of the document that says it, with names filled in. */
  readonly path: string;
}

/** Everything an agent needs to run a deployment: written, then started. */
export interface Rendered {
  readonly files: RenderedFile[];
  readonly units: UnitSpec[];
  /** Folders to make below the deployment's folder, mode 0700. */
  readonly folders: string[];
  /** Names of the ports that it listens on. */
  readonly ports: string[];
  readonly health: HealthSpec;
  readonly identity: IdentityProbeSpec[];
  readonly routes: { readonly purpose: string; readonly port: string }[];
}

type Described = Pick<ApplicationPackage, 'description' | 'settingsSchema' | 'placed'>;

/**
 * The files, units and probes of a deployment. The same arguments give the same octets.
 *
 * @throws RenderError when a declared name has no value, or a value cannot be written in a file's format
 */
export function render(
  app: Described,
  { variant, values }: { readonly variant: 'process'; readonly values: Values },
): Rendered {
  const runs = variantOf(app, variant);
  const complete = { ...values, settings: withDefaults(app, values.settings) };
  const lookup = lookupIn(complete, secretPathsOf(app), app.placed);
  const units = runs.units.filter((unit) => isThere(unit, complete.settings));
  return {
    files: [...secretFiles(app, lookup), ...documentFiles(app, lookup)],
    units: units.map((unit) => unitSpec(unit, lookup)),
    folders: [...runs.folders],
    ports: portNames(app, variant),
    health: healthSpec(app, lookup),
    identity: app.description.identity.map(({ kind, name: purpose, port, path }) => ({
      ...{ kind, purpose },
      name: renderString(`\${name.${purpose}}`, lookup, 'identity'),
      port: portNumber(port, lookup),
      path: renderString(path, lookup, 'identity'),
    })),
    routes: runs.routes.map(({ name, port }) => ({ purpose: name, port })),
  };
}

/** The ports that a variant needs; an agent picks their numbers before it renders. */
export function portNames(app: Pick<Described, 'description'>, variant: 'process'): string[] {
  return variantOf(app, variant).ports.map((port) => port.name);
}

function variantOf(app: Pick<Described, 'description'>, variant: 'process'): ProcessVariant {
  const declared = app.description.variants[variant];
  if (declared !== undefined) return declared;
  const hint = 'Place the deployment on a backend for which the package declares a variant.';
  throw new RenderError('the package does not declare this variant', `variants.${variant}`, hint);
}

/** Paths of secrets that lie in a file of their own, below the deployment's folder. */
export function secretPathsOf(app: Pick<Described, 'description'>): Map<string, string> {
  return new Map(
    app.description.secrets.flatMap(({ name, put }): [string, string][] =>
      put === undefined ? [] : [[name, put.path]],
    ),
  );
}

function secretFiles(app: Described, lookup: Lookup): RenderedFile[] {
  return app.description.secrets.flatMap(({ name, madeBy, put }) => {
    if (put === undefined || madeBy === 'application') return [];
    const content = renderString(`\${secret.${name}}`, lookup, put.path);
    return [{ path: put.path, content, mode: Number.parseInt(put.mode, 8) }];
  });
}

function documentFiles(app: Described, lookup: Lookup): RenderedFile[] {
  return app.description.files.map(({ path, format, mode, document }) => {
    const rendered: Json = renderValue(document, lookup, path) ?? null;
    return { path, content: serialise(format, rendered, path), mode: Number.parseInt(mode, 8) };
  });
}

function unitSpec(unit: ProcessVariant['units'][number], lookup: Lookup): UnitSpec {
  const where = `units/${unit.name}`;
  const environment = Object.entries(unit.environment).map(([key, text]) => [key, renderString(text, lookup, where)]);
  return {
    name: unit.name,
    command: unit.command.map((argument) => renderString(argument, lookup, where)),
    workingFolder: renderString(unit.workingFolder, lookup, where),
    environment: Object.fromEntries(environment),
    stopSignal: unit.stopSignal,
    stopTimeoutMs: unit.stopTimeoutMs,
    network: unit.network,
  };
}

function healthSpec(app: Described, lookup: Lookup): HealthSpec {
  const { startTimeoutMs, started, ready, alive } = app.description.health;
  const probe = (declared: typeof started): HttpProbeSpec => ({ ...declared, port: portNumber(declared.port, lookup) });
  return { startTimeoutMs, started: probe(started), ready: probe(ready), alive: probe(alive) };
}

function portNumber(name: string, lookup: Lookup): number {
  return Number(renderString(`\${port.${name}}`, lookup, 'ports'));
}
