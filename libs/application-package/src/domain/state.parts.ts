import { pointer, type ApplicationPackage, type JsonObject } from './application-package.js';
import { isThere } from './condition.js';
import { withDefaults } from './settings.validate.js';
import type { Finding } from '@freehold/kernel';

type Described = Pick<ApplicationPackage, 'description' | 'settingsSchema'>;

/** One part of the state as @freehold/state-parts takes it. `path` is below the deployment's folder. */
export interface StatePart {
  readonly name: string;
  readonly kind: 'files' | 'sqlite' | 'postgres' | 'mysql' | 'redis';
  readonly path: string;
  readonly database?: string;
  /** Of a database server that is copied while it runs: the folder of its socket. */
  readonly socket?: string;
  /** Paths below a part of kind files; tables whose rows are left out of a database. */
  readonly leaveOut: readonly { readonly path: string }[];
}

/** A number worth comparing, as @freehold/state-parts counts it. */
export interface CountDeclaration {
  readonly name: string;
  readonly sql?: string;
  readonly files?: { readonly under?: string; readonly named?: string };
}

/** The parts that a deployment with these settings has, as declared. */
export function statePartsOf(app: Described, settings: JsonObject): StatePart[] {
  const complete = withDefaults(app, settings);
  return app.description.state
    .filter((part) => isThere(part, complete))
    .map(({ name, kind, path, database, socket, leaveOut }) => ({
      ...{ name, kind, path },
      ...(database === undefined ? {} : { database }),
      ...(socket === undefined ? {} : { socket }),
      leaveOut: leaveOut.map((left) => ({ path: left.path })),
    }));
}

/** What is counted on a part. */
export function countsOf(app: Pick<Described, 'description'>, part: Pick<StatePart, 'name'>): CountDeclaration[] {
  return app.description.counts
    .filter((count) => count.part === part.name)
    .map(({ name, sql, files }) => ({
      name,
      ...(sql === undefined ? {} : { sql }),
      ...(files === undefined
        ? {}
        : { files: { named: files.named, ...(files.under === undefined ? {} : { under: files.under }) } }),
    }));
}

/** A program of the host that a package uses where it is. */
export interface NeededProgram {
  readonly name: 'postgres';
  /** The oldest major version that will do. */
  readonly atLeast: number;
}

/** Programs of the host that a deployment with these settings cannot do without. */
export function neededPrograms(app: Described, settings: JsonObject): NeededProgram[] {
  const complete = withDefaults(app, settings);
  return (app.description.variants.process?.needs.programs ?? [])
    .filter((program) => isThere(program, complete))
    .map(({ name, atLeast }) => ({ name, atLeast }));
}

const REMEDY: Readonly<Record<NeededProgram['name'], string>> = {
  postgres:
    'Provider: install PostgreSQL on a host (on Debian: apt install postgresql). Until then choose another value',
};

/**
 * What speaks against these settings on a host that has these programs: all findings at once, none if it can run there.
 * Pointers are relative to the settings. `programs` gives major versions: `{ postgres: 15 }`.
 */
export function missingPrograms(
  app: Described,
  settings: JsonObject,
  programs: Readonly<Partial<Record<NeededProgram['name'], number>>>,
): Finding[] {
  const declared = app.description.variants.process?.needs.programs ?? [];
  return neededPrograms(app, settings).flatMap(({ name, atLeast }): Finding[] => {
    const found = programs[name];
    if (found !== undefined && found >= atLeast) return [];
    const setting = declared.find((program) => program.name === name && program.when !== undefined)?.when?.setting;
    const has = found === undefined ? 'has none' : `has ${found}`;
    const detail = `it needs the host’s ${name}, version ${atLeast} or newer; the host ${has}`;
    const at = setting === undefined ? '' : pointer(setting);
    return [{ pointer: at, code: 'host-program-missing', detail, hint: `${REMEDY[name]}.` }];
  });
}
