import { lchown, lstat, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errnoOf } from '../backend/backend-failure.js';
import type { Environment } from '../backend/runtime-backend.js';
import { syncFolder, writeDurably } from '../journal/durable-file.js';
import { openFolderInside, within } from './open-inside.js';
import type { MoveFolder } from './move-folders.js';

/** Where a part lies below the environment's folder. */
type PlacedPart = { readonly name: string; readonly path: string };

const Placed = z.array(z.string());

/**
 * Puts the staged folder of a part where the part lies in the environment, instead of what is there. Nothing of the
 * environment runs. Noted first, so that a repeat knows where to look for it (takeBack).
 */
export async function place(folder: MoveFolder, environment: Environment, part: PlacedPart): Promise<void> {
  const placed = await readPlaced(folder);
  if (!placed.includes(part.name)) await writeDurably(folder.placed, JSON.stringify([...placed, part.name]));
  const names = part.path.split('/').filter((name) => name !== '');
  const name = names.pop() ?? '';
  await using above = await openFolderInside(environment.folder, names, environment.user);
  await rm(within(above, name), { recursive: true, force: true });
  const { uid, gid } = environment.user;
  await lchown(join(folder.staged, part.name), uid, gid);
  await rename(join(folder.staged, part.name), within(above, name));
  await above.sync();
}

/** What an earlier attempt has put in place is staged again: whatever changed there meanwhile is fetched anew. */
export async function takeBack(folder: MoveFolder, environment: Environment | null, parts: readonly PlacedPart[]) {
  const placed = new Set(await readPlaced(folder));
  for (const part of parts) {
    const staged = join(folder.staged, part.name);
    if (environment === null || !placed.has(part.name) || (await isThere(staged))) continue;
    const names = part.path.split('/').filter((name) => name !== '');
    const name = names.pop() ?? '';
    try {
      await using above = await openFolderInside(environment.folder, names);
      if (!(await lstat(within(above, name))).isDirectory()) continue;
      await rename(within(above, name), staged);
      await syncFolder(folder.staged);
    } catch (error) {
      if (!['ENOENT', 'ELOOP', 'ENOTDIR'].includes(errnoOf(error) ?? '')) throw error;
    }
  }
}

async function readPlaced(folder: MoveFolder): Promise<string[]> {
  const text = await readFile(folder.placed, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return '[]';
    throw error;
  });
  return Placed.parse(JSON.parse(text));
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return false;
      throw error;
    },
  );
