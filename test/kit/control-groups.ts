import { createHash } from 'node:crypto';
import { readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

const MOUNT = '/sys/fs/cgroup';

/** Removes the (empty) control groups that the process backend of this folder has made; they outlive its processes. */
export function removeControlGroups(backendFolder: string): void {
  const name = `freehold-${createHash('sha256').update(backendFolder).digest('hex').slice(0, 12)}`;
  for (const hierarchy of ['.', ...foldersIn(MOUNT)]) removeTree(join(MOUNT, hierarchy, name));
}

/** Files of a control group cannot be removed and need not be. */
function removeTree(folder: string): void {
  for (const child of foldersIn(folder)) removeTree(join(folder, child));
  try {
    rmdirSync(folder);
  } catch {
    // not there, or still in use
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
