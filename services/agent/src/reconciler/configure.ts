import {
  hookInput,
  hookSpec,
  render,
  release,
  portNames,
  type ApplicationPackage,
  type HookName,
  type Rendered,
  type Values,
} from '@freehold/application-package';
import { log } from '@freehold/platform';
import { type Amounts, originOfName } from '@freehold/provisioning-contract';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { BackendFailure } from '../backend/backend-failure.js';
import type {
  Environment,
  EnvironmentSpec,
  PreparedRelease,
  RuntimeBackend,
  UnitSpec,
  Volume,
} from '../backend/runtime-backend.js';
import type { LaidOutPackage } from '../packages/package-cache.js';
import type { Configured } from './environment-record.js';
import { GivenUp } from './failures.js';

/** Running a hook twice is harmless; a busy machine is no reason to give an order up. */
const HOOK_TRIES = 3;
const HOOK_PAUSE_MS = 1_000;
/** Enough for an application server; a fork bomb ends here. */
const PIDS = 512;
/** Changes with the files, so that a unit's digest tells whether it runs with those that lie there. */
const MARK_VARIABLE = 'FREEHOLD_CONFIGURATION';

export interface WantedRelease {
  readonly application: string;
  readonly version: string;
  readonly digest: string;
}

/** @throws GivenUp when the package does not have it */
export function preparedRelease(app: ApplicationPackage, wanted: WantedRelease): PreparedRelease {
  const found = release(app, wanted.version);
  if (found === undefined || app.description.name !== wanted.application) {
    const detail = `The package holds no release ${wanted.version} of ${wanted.application} for this kind of host.`;
    const hint = 'Staff: publish the release again with the right package.';
    throw new GivenUp([{ pointer: '/version', code: 'release-missing', detail, hint }]);
  }
  const { digest, requirements, python } = found;
  return { digest, kind: 'python', requirements, python };
}

export function environmentSpec(app: ApplicationPackage, id: string, amounts: Amounts): EnvironmentSpec {
  const folders = app.description.variants.process?.folders ?? [];
  return { id, ports: portNames(app, 'process'), folders, limits: { ...amounts, pids: PIDS } };
}

export interface Configuring {
  readonly backend: RuntimeBackend;
  readonly environment: Environment;
  readonly laidOut: LaidOutPackage;
  readonly release: WantedRelease;
  readonly generation: number;
  readonly values: Values;
  /** What was written last. */
  readonly before: Configured | null;
  /** Hooks run in the closed network. Default: as the units were started last. */
  readonly closed?: boolean;
}

/** Renders, writes the files that differ, removes those that are not declared any more, and runs the `configure` hook. */
export async function configure(work: Configuring): Promise<Configured> {
  const { backend, environment, laidOut, before, values } = work;
  const rendered = render(laidOut.app, { variant: 'process', values });
  const volume = backend.volume(environment.id, '');
  const files = rendered.files.map(({ path, content, mode }) => ({ path, sha256: sha256(content), mode }));
  for (const { path, content, mode } of rendered.files) {
    const intact = await isIntact(volume, { path, sha256: sha256(content) });
    const sameMode = before?.files.some((file) => file.path === path && file.mode === mode) === true;
    if (!intact || !sameMode) await volume.write(path, content, mode);
  }
  const kept = new Set(files.map(({ path }) => path));
  for (const { path } of before?.files ?? []) if (!kept.has(path)) await volume.remove(path);
  await runHook({ ...work, hook: 'configure' });
  return configuredOf(work, rendered, files);
}

function configuredOf(work: Configuring, rendered: Rendered, files: Configured['files']): Configured {
  const { environment, values, before, generation, release: wanted } = work;
  const salt = before?.salt ?? randomBytes(16).toString('hex');
  const mark = createHmac('sha256', salt).update(JSON.stringify(files)).digest('hex').slice(0, 32);
  const { startTimeoutMs, started, ready } = rendered.health;
  return {
    generation,
    application: wanted.application,
    version: wanted.version,
    digest: wanted.digest,
    releaseFolder: values.releaseFolder,
    units: rendered.units.map(({ workingFolder, environment: variables, ...unit }) => ({
      ...unit,
      workingFolder: inside(environment.folder, workingFolder ?? environment.folder),
      environment: { ...variables, [MARK_VARIABLE]: mark },
    })),
    files,
    salt,
    health: { startTimeoutMs, started, ready },
    identity: rendered.identity.map(({ kind, name, port, path }) => ({
      ...{ kind, name, port, path },
      publicUrl: originOfName(name, values.publicPort),
    })),
    routes: rendered.routes.map(({ purpose, port }) => ({
      name: values.names[purpose] ?? '',
      port: environment.ports[port] ?? 0,
    })),
  };
}

/** A unit as the backend takes it. */
export function unitSpecOf({ workingFolder, stopSignal, ...unit }: Configured['units'][number]): UnitSpec {
  return {
    ...unit,
    ...(workingFolder === undefined ? {} : { workingFolder }),
    ...(stopSignal === undefined ? {} : { stopSignal }),
  };
}

/** False: missing, changed, or not a file any more. */
export async function isIntact(volume: Volume, file: { path: string; sha256: string }): Promise<boolean> {
  try {
    return sha256(await volume.read(file.path)) === file.sha256;
  } catch (error) {
    if (error instanceof BackendFailure && ['file-unknown', 'file-unsafe', 'file-too-large'].includes(error.code)) {
      return false;
    }
    throw error;
  }
}

/**
 * Runs a hook of the package as the environment's user; nothing if it has none of this name. Its input is a file that only
 * that user can read, removed afterwards; a crash leaves it to the repeat.
 *
 * @throws GivenUp `hook-failed`, without the hook's output, which may hold what is personal
 */
export async function runHook(
  work: Pick<Configuring, 'backend' | 'environment' | 'laidOut' | 'values' | 'closed'> & { readonly hook: HookName },
): Promise<void> {
  const { backend, environment, laidOut, values, hook, closed } = work;
  const path = `.freehold-${hook}.json`;
  const { folder } = environment;
  const spec = hookSpec(laidOut.app, hook, {
    packageFolder: laidOut.folder,
    folder,
    releaseFolder: values.releaseFolder,
    inputPath: `${folder}/${path}`,
  });
  if (spec === undefined) return;
  const volume = backend.volume(environment.id, '');
  await volume.write(path, JSON.stringify(hookInput(laidOut.app, hook, values)), 0o600);
  try {
    const { command, environment: variables, timeLimitMs: timeoutMs } = spec;
    const workingFolder = inside(folder, spec.workingFolder);
    for (let tries = 1; ; tries += 1) {
      const exec = { command, timeoutMs, environment: variables, workingFolder };
      const ran = await backend.exec(environment.id, { ...exec, ...(closed === undefined ? {} : { closed }) });
      if (ran.exitCode === 0) return;
      log().warn({ hook, exitCode: ran.exitCode, tries, environment: environment.id }, 'a hook failed');
      if (tries === HOOK_TRIES) throw new GivenUp([hookFailed(hook, ran.exitCode)]);
      await pause(HOOK_PAUSE_MS);
    }
  } finally {
    await volume.remove(path);
  }
}

const hookFailed = (hook: HookName, exitCode: number) => ({
  pointer: '',
  code: 'hook-failed',
  detail: `The hook "${hook}" of the package ended with exit code ${exitCode}.`,
  hint: 'The application’s log may say why: "freehold logs". Correct the settings, or withdraw the release.',
});

/** Packages speak of absolute folders, the backend of those inside the environment. */
function inside(folder: string, path: string): string {
  if (path === folder) return '';
  if (path.startsWith(`${folder}/`)) return path.slice(folder.length + 1);
  const detail = 'The package wants to run a unit outside of its environment.';
  throw new GivenUp([{ pointer: '', code: 'package-unsafe', detail, hint: 'Staff: correct the package.' }]);
}

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
