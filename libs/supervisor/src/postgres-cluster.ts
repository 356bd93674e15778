import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './postgres-binaries.js';
import { createPrivate } from './private-file.js';
import type { ServiceUser } from './service-user.js';

export const administrator = 'freehold';

export function adminPasswordFile(folder: string): string {
  return join(folder, 'keys', 'postgres-admin.password');
}

/** A secret of 256 bits. */
export function newPassword(): string {
  return randomBytes(32).toString('base64url');
}

/** Gives a file or folder to PostgreSQL's user. */
export function own(path: string, user: ServiceUser | undefined): void {
  if (user !== undefined) chownSync(path, user.uid, user.gid);
}

export interface Cluster {
  readonly folder: string;
  readonly binaries: PostgresBinaries;
  readonly user: ServiceUser | undefined;
  readonly durable: boolean;
}

/** The data folder; made beside its place and moved there when it is complete, so that a crash leaves none or a whole one. */
export async function makeCluster({ folder, binaries, user, durable }: Cluster): Promise<string> {
  const home = join(folder, 'postgres');
  const data = join(home, 'data');
  const password = createPrivate(adminPasswordFile(folder), newPassword);
  if (existsSync(data)) {
    checkFormat(data, binaries);
    return data;
  }
  mkdirSync(home, { recursive: true, mode: 0o700 });
  own(home, user);
  for (const left of readdirSync(home).filter((name) => name.startsWith('new-'))) {
    rmSync(join(home, left), { recursive: true, force: true });
  }
  const unfinished = join(home, `new-${process.pid}`);
  const passwordFile = `${unfinished}.password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  own(passwordFile, user);
  try {
    await initialise(unfinished, passwordFile, { binaries, user, durable });
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(unfinished, data);
  return data;
}

async function initialise(
  data: string,
  passwordFile: string,
  { binaries, user, durable }: Omit<Cluster, 'folder'>,
): Promise<void> {
  const args = ['--pgdata', data, '--username', administrator, '--pwfile', passwordFile, '--auth', 'scram-sha-256'];
  const locale = ['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'];
  const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C', TZ: 'UTC' };
  try {
    await promisify(execFile)(binaries.initdb, [...args, ...locale, ...(durable ? [] : ['--no-sync'])], {
      cwd: '/',
      env: environment,
      ...identity,
    });
  } catch (cause) {
    throw new Error(`PostgreSQL's initdb failed in ${data}; is there room on the disk?`, { cause });
  }
}

function checkFormat(data: string, binaries: PostgresBinaries): void {
  const format = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (format === binaries.version.split('.')[0]) return;
  throw new Error(
    `the database in ${data} was written by PostgreSQL ${format}, the one installed is ${binaries.version}; ` +
      'it holds nothing that the log does not: move the folder away and start again, it is rebuilt',
  );
}
