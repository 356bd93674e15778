import { parseMtree, type MtreeEntry } from '@freehold/bag';
import { constants, copyFile, lstat, mkdir, open, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { comparePaths } from '../domain/path-order.js';
import { ignoreMissing, makeParents, placeOf, giveTo } from '../places.js';
import { diskFullOr, isMissing, StateFailure } from '../state-failure.js';
import type { RestoreOptions, Site, StatePart } from '../state-part.js';
import { DigestCache } from './digest-cache.js';
import { applyAttributes } from './file-attributes.js';
import { nameIn, openFolderBelow, OpenFolders, splitPath } from './open-folders.js';
import { walkTree, type TreeEntry } from './walk-tree.js';

/**
 * Makes a tree what its mtree lines (`${from}.mtree`, in the order of a listing) say. First what there is: files in place
 * stay, those missing are taken from `from`, links and empty folders are made, what is not listed is removed. Then owner,
 * mode and times, a folder's after those of what is in it. What is left out is not touched, unless
 * a folder that holds it goes. A crash leaves a tree that
 * the next run makes right.
 */
export async function restoreFiles(site: Site, part: StatePart, from: string, options: RestoreOptions): Promise<void> {
  await makeParents(site, part);
  const place = await placeOf(site, part);
  if ((await lstat(place).catch(ignoreMissing)) === undefined) {
    await mkdir(place, { mode: 0o700 });
    await giveTo(site, place);
  }
  const leftOut = part.leaveOut.map(({ path }) => path.replace(/^\.\/|\/+$/g, ''));
  await using folders = new OpenFolders(await openFolderBelow(site.folder, part.path));
  await using walked = await openFolderBelow(site.folder, part.path);
  const present = walkTree(walked, new Set(leftOut));
  for await (const { listed, there } of besideEachOther(readListing(from), present)) {
    options.signal?.throwIfAborted();
    if (listed === undefined) await remove(folders, there);
    else await makePresent({ folders, from, listed, there });
  }
  const { dev } = await walked.stat({ bigint: true });
  await using cache = options.cacheFile === undefined ? undefined : await DigestCache.open(options.cacheFile, dev);
  await applyAttributes({ site, folders, cache }, readListing(from), options);
  await cache?.commit();
  if (site.user !== null) await walked.chown(site.user.uid, site.user.gid);
}

/** Entries of the mtree file without the part's own folder; their order is checked, because the merge lives on it. */
async function* readListing(from: string): AsyncGenerator<MtreeEntry, void, undefined> {
  let handle;
  try {
    handle = await open(`${from}.mtree`, 'r');
  } catch (cause) {
    const hint = 'Capture or fetch this part again.';
    throw new StateFailure('part-missing', `${from}.mtree cannot be read`, { hint, cause });
  }
  try {
    let last = '';
    for await (const entry of parseMtree(handle.readLines({ autoClose: false }))) {
      if (entry.path === '.' || entry.path === '') continue;
      if (last !== '' && comparePaths(last, entry.path) >= 0) throw unordered(from, entry.path);
      last = entry.path;
      yield entry;
    }
  } finally {
    await handle.close();
  }
}

function unordered(from: string, path: string): StateFailure {
  const hint = 'Capture this part again; each folder stands before what is in it, siblings in the order of bytes.';
  return new StateFailure('state-unreadable', `${from}.mtree is not in order at ${path}`, { hint });
}

interface Pair {
  readonly listed: MtreeEntry | undefined;
  readonly there: TreeEntry | undefined;
}

/** Two streams in the same order, side by side. */
async function* besideEachOther(
  listing: AsyncGenerator<MtreeEntry, void, undefined>,
  present: AsyncGenerator<TreeEntry, void, undefined>,
): AsyncGenerator<Pair, void, undefined> {
  try {
    let [left, right] = [await listing.next(), await present.next()];
    while (left.done !== true || right.done !== true) {
      const order = left.done === true ? 1 : right.done === true ? -1 : comparePaths(left.value.path, right.value.path);
      const listed = order <= 0 && left.done !== true ? left.value : undefined;
      const there = order >= 0 && right.done !== true ? right.value : undefined;
      yield { listed, there };
      if (listed !== undefined) left = await listing.next();
      if (there !== undefined) right = await present.next();
    }
  } finally {
    await Promise.all([listing.return(), present.return()]); // they hold files open
  }
}

async function remove(folders: OpenFolders, there: TreeEntry | undefined): Promise<void> {
  if (there === undefined) return;
  const { folder, name } = splitPath(there.path);
  const parent = await folders.at(folder).catch(ignoreMissing); // removed with a folder above
  if (parent !== undefined) await rm(nameIn(parent, name), { recursive: true, force: true });
}

interface Presence extends Pair {
  readonly folders: OpenFolders;
  readonly from: string;
  readonly listed: MtreeEntry;
}

async function makePresent({ folders, from, listed, there }: Presence): Promise<void> {
  const { folder, name } = splitPath(listed.path);
  const path = nameIn(await folders.at(folder), name);
  if (there?.type === listed.type) {
    if (listed.type !== 'link' || (await readlink(path)) === listed.target) return requireSize(listed, there);
  }
  await rm(path, { recursive: true, force: true });
  if (listed.type === 'dir') await mkdir(path, { mode: 0o700 });
  if (listed.type === 'link') await symlink(listed.target ?? '', path);
  if (listed.type === 'file') await copyIn(join(from, listed.path), path, listed.path);
}

async function copyIn(source: string, path: string, name: string): Promise<void> {
  try {
    await copyFile(source, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  } catch (error) {
    if (isMissing(error)) {
      const hint = 'Fetch this part again.';
      throw new StateFailure('part-missing', `${name} is neither in place nor at ${source}`, { hint, cause: error });
    }
    throw diskFullOr(error, `copying ${name}`);
  }
}

function requireSize(listed: MtreeEntry, there: TreeEntry): void {
  if (listed.type !== 'file' || listed.sizeBytes === undefined || there.stat.size === BigInt(listed.sizeBytes)) return;
  const hint = 'Fetch this part again.';
  throw new StateFailure('state-changed', `${listed.path} has ${there.stat.size} bytes, not ${listed.sizeBytes}`, {
    hint,
  });
}
