import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMissing, StateFailure } from './state-failure.js';
import type { Site, StatePart } from './state-part.js';

/** sun_path of unix(7) has 108 bytes; the longest name of a socket below is `.s.PGSQL.5432`. */
const LONGEST_PRIVATE_FOLDER_BYTES = 85;

/** The components of a relative path that stays where it is. */
export function componentsOf(path: string): string[] {
  const components = path.split('/').filter((component) => component !== '' && component !== '.');
  if (path.startsWith('/') || path.includes('\0') || components.includes('..')) {
    const hint = 'Correct the path in the package; it has to be relative, without "..".';
    throw new StateFailure('part-outside', `${path} leaves its folder`, { hint });
  }
  return components;
}

/** Where a part lies. No component of it is a link: the environment's user could have put one there that leads elsewhere. */
export async function placeOf(site: Site, part: Pick<StatePart, 'name' | 'path'>): Promise<string> {
  let place = site.folder;
  for (const component of componentsOf(part.path)) {
    place = join(place, component);
    const found = await lstat(place).catch(ignoreMissing);
    if (found?.isSymbolicLink() !== true) continue;
    const hint = 'Put a real folder or file in its place, then repeat the step.';
    throw new StateFailure('part-outside', `${place} of part ${part.name} is a link`, { hint });
  }
  return place;
}

/** The folders above a part; those that are missing are made, of the environment's user. */
export async function makeParents(site: Site, part: Pick<StatePart, 'name' | 'path'>): Promise<void> {
  const components = componentsOf(part.path).slice(0, -1);
  for (let depth = 1; depth <= components.length; depth += 1) {
    const place = await placeOf(site, { name: part.name, path: components.slice(0, depth).join('/') });
    if ((await lstat(place).catch(ignoreMissing)) !== undefined) continue;
    await mkdir(place, { mode: 0o700 });
    await giveTo(site, place);
  }
}

/** As `placeOf`, and something is there. */
export async function presentPlaceOf(site: Site, part: Pick<StatePart, 'name' | 'path'>): Promise<string> {
  const place = await placeOf(site, part);
  if ((await lstat(place).catch(ignoreMissing)) !== undefined) return place;
  const hint = 'Let the application start once, so that it makes its state, or correct the path in the package.';
  throw new StateFailure('part-missing', `part ${part.name} is not there: ${place}`, { hint });
}

/** A file that was captured earlier, below `from`. */
export async function capturedFile(from: string, name: string): Promise<string> {
  const path = join(from, name);
  if ((await stat(path).catch(ignoreMissing))?.isFile() === true) return path;
  throw new StateFailure('part-missing', `${path} is not there`, { hint: 'Capture or fetch this part again.' });
}

export function ignoreMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
  return undefined;
}

export async function giveTo(site: Pick<Site, 'user'>, ...paths: readonly string[]): Promise<void> {
  const { user } = site;
  if (user !== null) await Promise.all(paths.map((path) => chown(path, user.uid, user.gid)));
}

/** An empty folder of the environment's user, 0700; what was there before is removed. */
export async function freshFolder(site: Pick<Site, 'user'>, path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  await giveTo(site, path);
}

/** The private folder of one run on this place: the same for every run, so that a later one clears what an earlier one left. */
export async function privateFolder(site: Site, place: string): Promise<string> {
  const folder = privateFolderName(site, place);
  if (Buffer.byteLength(folder) > LONGEST_PRIVATE_FOLDER_BYTES) {
    const hint = `Choose a folder for runs of at most ${LONGEST_PRIVATE_FOLDER_BYTES - 17} bytes; a socket lies below it.`;
    throw new StateFailure('run-folder-unfit', `${site.runFolder} is too long`, { hint });
  }
  await mkdir(site.runFolder, { recursive: true, mode: 0o711 });
  const closed = site.user === null ? undefined : await closedFolder(site.runFolder, site.user);
  if (closed !== undefined) {
    const hint = `Open the way: chmod o+x ${closed}`;
    throw new StateFailure('run-folder-unfit', `the environment’s user cannot pass ${closed}`, { hint });
  }
  await freshFolder(site, folder);
  return folder;
}

export function privateFolderName(site: Pick<Site, 'runFolder'>, place: string): string {
  return join(site.runFolder, `state-${createHash('sha256').update(place).digest('hex').slice(0, 10)}`);
}

/** The first folder on the way (itself included) that this user may not pass. */
async function closedFolder(path: string, user: { uid: number; gid: number }): Promise<string | undefined> {
  const above = dirname(path);
  const closedAbove = above === path ? undefined : await closedFolder(above, user);
  if (closedAbove !== undefined) return closedAbove;
  const { mode, uid, gid } = await stat(path);
  const passes = uid === user.uid ? mode & 0o100 : gid === user.gid ? mode & 0o010 : mode & 0o001;
  return passes === 0 ? path : undefined;
}

const REPLACED = '.freehold-replaced';

/** Where the successor of a place is made: beside it, on the same file system. */
export function successorOf(place: string): string {
  return `${place}.freehold-restoring`;
}

/** Undoes a swap that a crash cut in half: the old state is back in its place. */
export async function mendSwap(place: string): Promise<void> {
  const there = await lstat(place).catch(ignoreMissing);
  const replaced = await lstat(place + REPLACED).catch(ignoreMissing);
  if (there === undefined && replaced !== undefined) await rename(place + REPLACED, place);
}

/** The successor takes the place; what was there is removed afterwards. Durable when it returns. */
export async function swap(place: string): Promise<void> {
  await rm(place + REPLACED, { recursive: true, force: true });
  await rename(place, place + REPLACED).catch(ignoreMissing);
  await rename(successorOf(place), place);
  await syncFolder(dirname(place));
  await rm(place + REPLACED, { recursive: true, force: true });
}

export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}
