import { execFile } from 'node:child_process';
import { access, constants, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A program that the host has anyway: the folder it lies in (absolute), and its major version. */
export interface HostProgram {
  readonly folder: string;
  readonly version: number;
}

/** By the names that packages use in `needs.programs`; what the host has not is left out. */
export interface HostPrograms {
  readonly postgres?: HostProgram;
}

/** Where distributions put it: Debian and SUSE, Red Hat, from source, everybody else. `*` is one name. */
const POSTGRES_PLACES = [
  '/usr/lib/postgresql/*/bin',
  '/usr/lib/postgresql*/bin',
  '/usr/pgsql-*/bin',
  '/usr/local/pgsql/bin',
  '/usr/local/bin',
  '/usr/bin',
  '/run/current-system/sw/bin',
];
/** All must lie in one folder: the server, what makes a cluster, what asks whether it is ready. */
const POSTGRES_PARTS = ['postgres', 'initdb', 'pg_isready'];
const OLDEST_POSTGRES = 13;

/**
 * Looks for the host's programs that packages may use: the newest of each, not older than 13 for PostgreSQL. Looks again
 * whenever it is asked, so that what was installed meanwhile is found.
 */
export async function findHostPrograms(postgresPlaces: readonly string[] = POSTGRES_PLACES): Promise<HostPrograms> {
  const folders = new Set((await Promise.all(postgresPlaces.map((place) => expand(place)))).flat());
  const found = (await Promise.all([...folders].map((folder) => postgresIn(folder)))).filter((one) => one !== null);
  const [newest] = found
    .filter(({ version }) => version >= OLDEST_POSTGRES)
    .toSorted((one, other) => other.version - one.version);
  return newest === undefined ? {} : { postgres: newest };
}

/** Existing folders that a place stands for. */
async function expand(place: string): Promise<string[]> {
  const parts = place.split('/').filter((part) => part !== '');
  let folders = ['/'];
  for (const part of parts) {
    const deeper = folders.map(async (folder) => {
      if (!part.includes('*')) return [join(folder, part)];
      const [before = '', after = ''] = part.split('*');
      const names = await readdir(folder).catch(() => []);
      return names.filter((name) => name.startsWith(before) && name.endsWith(after)).map((name) => join(folder, name));
    });
    folders = (await Promise.all(deeper)).flat();
  }
  return folders;
}

async function postgresIn(folder: string): Promise<HostProgram | null> {
  try {
    for (const part of POSTGRES_PARTS) await access(join(folder, part), constants.X_OK);
    const real = await realpath(folder);
    const { stdout } = await run(join(real, 'postgres'), ['--version'], { cwd: '/', timeout: 10_000 });
    const version = Number(/\) (\d+)/.exec(stdout)?.[1]);
    return Number.isNaN(version) ? null : { folder: real, version };
  } catch {
    return null;
  }
}

/** As a host says what it has, and packages ask for it. */
export const majorVersions = ({ postgres }: HostPrograms): { postgres?: number } =>
  postgres === undefined ? {} : { postgres: postgres.version };
