import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../engine/find-program.js';
import { runProgram } from '../engine/run-program.js';
import type { Site } from '../state-part.js';
import { SUPERUSER } from './postgres-engine.js';

/** initdb(1) in an empty folder. A database has its own encoding and locale, from its dump; the cluster's are the plainest. */
export async function makeCluster(site: Site, bin: string, folder: string, signal?: AbortSignal): Promise<void> {
  const initdb = join(bin, 'initdb');
  const args = ['-D', folder, '-U', SUPERUSER, '--locale=C', '--encoding=UTF8', '-A', 'trust', '--no-sync'];
  const [program = initdb, ...before] = await asKnownUser(site.user, initdb);
  await runProgram({ program, args: [...before, ...args], user: site.user, signal });
}

/** initdb wants its user in the passwd file, where those of environments are not: it sees itself as nobody then (unshare(1)). */
async function asKnownUser(user: Site['user'], program: string): Promise<string[]> {
  const uid = user?.uid ?? userInfo().uid;
  const known = (await readFile('/etc/passwd', 'utf8')).split('\n').some((line) => line.split(':')[2] === String(uid));
  if (known) return [program];
  const unshare = (await findProgram('unshare')) ?? '/usr/bin/unshare';
  return [unshare, '--user', '--map-user=nobody', '--map-group=nogroup', '--', program];
}
