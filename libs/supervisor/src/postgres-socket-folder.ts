import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { own } from './postgres-cluster.js';
import { postgresPort } from './postgres-configuration.js';
import type { ServiceUser } from './service-user.js';

/** sun_path of unix(7) has 108 bytes, one for the terminating zero; the lock file's name is not bound by it. */
const longestSocketPathBytes = 107;

/** Where the socket lies: in the installation's folder, or in a short one for temporary files when the path would be too long. */
export function chooseSocketFolder(folder: string): string {
  const inside = join(folder, 'postgres', 'socket');
  const path = join(inside, `.s.PGSQL.${postgresPort}`);
  if (Buffer.byteLength(path) <= longestSocketPathBytes) return inside;
  return join(tmpdir(), `freehold-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`);
}

/** Makes it for the owner alone. A folder for temporary files is open to all, so what is there already must be ours. */
export function makeSocketFolder(socketFolder: string, user: ServiceUser | undefined): void {
  mkdirSync(socketFolder, { recursive: true, mode: 0o700 });
  const found = lstatSync(socketFolder);
  const ours = [process.getuid?.(), user?.uid].includes(found.uid);
  if (!found.isDirectory() || !ours || (found.mode & 0o077) !== 0) {
    throw new Error(`${socketFolder} belongs to somebody else or is open to others; remove it`);
  }
  own(socketFolder, user);
}
