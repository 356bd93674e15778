import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Installation } from './installation.js';
import { environmentFolder } from './remains.js';

const Owned = z.object({ user: z.object({ uid: z.number(), gid: z.number() }), ownUser: z.boolean() });
const run = promisify(execFile);

/** What psql(1) prints, asked of the PostgreSQL that runs in an environment, as its user. */
export async function askDatabase(
  installation: Pick<Installation, 'home'>,
  environment: string,
  { database, sql }: { readonly database: string; readonly sql: string },
): Promise<string> {
  const folder = environmentFolder(installation, environment);
  const { user, ownUser } = Owned.parse(JSON.parse(readFileSync(join(folder, 'environment.json'), 'utf8')));
  const args = ['-XAtq', '-w', '-h', '/proc/self/cwd/run', '-U', 'postgres', '-d', database, '-c', sql];
  const { stdout } = await run('psql', args, { cwd: join(folder, 'files'), ...(ownUser ? user : {}) });
  return stdout.trim();
}
