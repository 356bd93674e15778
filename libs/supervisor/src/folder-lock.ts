import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAlive, ownIdentity, type ProcessIdentity } from './os-process.js';
import { readIdentity } from './process-record.js';
import { hasCode } from './error-code.js';

/** Another living process looks after this folder. */
export class FolderTakenError extends Error {
  constructor(
    readonly folder: string,
    readonly holder: ProcessIdentity,
  ) {
    super(
      `the installation in ${folder} is already served by process ${holder.pid}; use that one, or stop it first: kill ${holder.pid}`,
    );
    this.name = 'FolderTakenError';
  }
}

/**
 * Takes the lock file for this process. A lock whose holder is gone is taken over.
 * @throws FolderTakenError when its holder lives
 */
export function takeLock(path: string): { release(): void } {
  const mine = ownIdentity();
  const offer = `${path}.${mine.pid}.offer`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(offer, JSON.stringify(mine), { mode: 0o600 });
  try {
    while (!tryLink(offer, path)) putStaleLockAside(path);
  } finally {
    rmSync(offer, { force: true });
  }
  return { release: () => releaseLock(path, mine) };
}

/** Renaming is what decides between two that find the same stale lock: each lock file can be renamed once. */
function putStaleLockAside(path: string): void {
  const holder = readIdentity(path);
  if (holder !== undefined && isAlive(holder)) throw new FolderTakenError(dirname(dirname(path)), holder);
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return; // another one was faster; look again
  }
  const renamed = readIdentity(aside);
  if (renamed !== undefined && isAlive(renamed)) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function releaseLock(path: string, mine: ProcessIdentity): void {
  const holder = readIdentity(path);
  if (holder?.pid === mine.pid && holder.startTime === mine.startTime) rmSync(path, { force: true });
}
