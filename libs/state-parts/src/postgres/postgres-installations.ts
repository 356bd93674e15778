import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isProgram } from '../engine/find-program.js';
import { PROGRAM_PLACES } from '../engine/program-path.js';
import { runProgram } from '../engine/run-program.js';

/** PostgreSQL as a host has it. */
export interface PostgresInstallation {
  /** Absolute, and no link: where its programs really lie. */
  readonly folder: string;
  readonly majorVersion: number;
}

/** Where distributions put it: Debian and SUSE, Red Hat, from source, everybody else. `*` is one name. */
const PLACES = [
  ...['/usr/lib/postgresql/*/bin', '/usr/lib/postgresql*/bin', '/usr/pgsql-*/bin', '/usr/local/pgsql/bin'],
  ...PROGRAM_PLACES,
];
/** What state is captured and restored with. */
const PARTS = ['postgres', 'initdb', 'psql', 'pg_dump', 'pg_restore'];
const VERSION_TIMEOUT_MS = 10_000;

/**
 * Every PostgreSQL of which all `parts` lie in one folder, in the order of the places; what is broken is left out. Looks
 * again whenever it is asked, so that what was installed meanwhile is found.
 */
export async function postgresInstallations(
  parts: readonly string[],
  places: readonly string[] = PLACES,
): Promise<PostgresInstallation[]> {
  const folders = (await Promise.all(places.map((place) => expand(place)))).flat();
  const found = (await Promise.all(folders.map((folder) => installationIn(folder, parts)))).filter(
    (one) => one !== null,
  );
  return found.filter(({ folder }, n) => found.findIndex((one) => one.folder === folder) === n);
}

/** `major version → folder`, of those that can capture and restore, as they were found within the last seconds. */
export function postgresFolders(): Promise<Map<number, string>> {
  const now = performance.now();
  if (now - folders.at > FOLDERS_HOLD_MS) folders = { at: now, found: findFolders() };
  return folders.found;
}

const FOLDERS_HOLD_MS = 5_000;
let folders: { at: number; found: Promise<Map<number, string>> } = { at: -Infinity, found: Promise.resolve(new Map()) };

async function findFolders(): Promise<Map<number, string>> {
  const found = await postgresInstallations(PARTS);
  return new Map(found.toReversed().map(({ majorVersion, folder }) => [majorVersion, folder]));
}

/** Existing folders that a place stands for. */
async function expand(place: string): Promise<string[]> {
  let folders = ['/'];
  for (const part of place.split('/').filter((name) => name !== '')) {
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

async function installationIn(folder: string, parts: readonly string[]): Promise<PostgresInstallation | null> {
  try {
    if ((await Promise.all(parts.map((part) => isProgram(join(folder, part))))).includes(false)) return null;
    const real = await realpath(folder);
    const majorVersion = await versionOf(join(real, 'postgres'));
    return Number.isNaN(majorVersion) ? null : { folder: real, majorVersion };
  } catch {
    return null;
  }
}

/** `file as it is → major version`: it is asked anew only where it has changed. */
const versions = new Map<string, number>();

async function versionOf(program: string): Promise<number> {
  const { ino, size, ctimeNs } = await stat(program, { bigint: true });
  const state = [program, ino, size, ctimeNs].join(' ');
  const known = versions.get(state);
  if (known !== undefined) return known;
  const signal = AbortSignal.timeout(VERSION_TIMEOUT_MS);
  const text = await runProgram({ program, args: ['--version'], user: null, signal });
  const majorVersion = Number(/\) (\d+)/.exec(text)?.[1]);
  versions.set(state, majorVersion);
  return majorVersion;
}
