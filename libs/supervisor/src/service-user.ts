import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface ServiceUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const candidates = ['freehold', 'postgres', 'nobody'];

/**
 * PostgreSQL refuses to run as root: the first existing one of freehold, postgres, nobody runs it then.
 * Undefined when we are an ordinary user and run it ourselves.
 */
export function postgresUser(): ServiceUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of candidates) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined && Number(uid) !== 0)
      return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new Error('PostgreSQL does not run as root and no user for it exists; create one: useradd --system freehold');
}

/** The first folder on the way to `path` (itself included) that this user may not pass; undefined when the way is open. */
export function closedFolder(path: string, user: ServiceUser): string | undefined {
  const above = dirname(path);
  const closedAbove = above === path ? undefined : closedFolder(above, user);
  if (closedAbove !== undefined) return closedAbove;
  const { mode, uid, gid } = statSync(path);
  const passes = uid === user.uid ? mode & 0o100 : gid === user.gid ? mode & 0o010 : mode & 0o001;
  return passes === 0 ? path : undefined;
}
