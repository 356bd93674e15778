import { parseMtree, type MtreeEntry } from '@freehold/bag';
import { createHash } from 'node:crypto';
import { fchownSync } from 'node:fs';
import { constants, copyFile, lstat, mkdir, open, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { comparePaths, liesIn } from '../domain/path-order.js';
import { ignoreMissing, makeParents, placeOf, giveTo } from '../places.js';
import { diskFullOr, errnoOf, isMissing, StateFailure } from '../state-failure.js';
import type { Listed, PartReport, RestoreJob } from '../state-part.js';
import { FileAttributes } from './file-attributes.js';
import { findFiles, type Found, leftOutOf } from './list-files.js';
import { nameIn, openFolderBelow, OpenFolders, splitPath } from './open-folders.js';
import { TreeReport } from './tree-report.js';

/**
 * Makes a tree what its mtree lines (`${from}.mtree`, in the order of a listing) say, and reports what it has become, in
 * one walk. Files in place stay, those missing are taken from `from`, links and empty folders are made, what is not listed
 * is removed; owner, mode and times are set where they are others, a folder's after those of what is in it. What is left
 * out is not touched, unless a folder that holds it goes. A crash leaves a tree that the next run makes right.
 */
export async function restoreFiles({ site, part, from, counts, options }: RestoreJob): Promise<PartReport> {
  await makeParents(site, part);
  const place = await placeOf(site, part);
  if ((await lstat(place).catch(ignoreMissing)) === undefined) {
    await mkdir(place, { mode: 0o700 });
    await giveTo(site, place);
  }
  const report = new TreeReport(part, counts);
  const leftOut = leftOutOf(part);
  await using folders = new OpenFolders(await openFolderBelow(site.folder, part.path));
  const attributes = new FileAttributes(site.user, folders);
  for await (const { listed, found } of besideEachOther(readListing(from), findFiles(site, part, options))) {
    options.signal?.throwIfAborted();
    if (listed === undefined) {
      await remove(folders, found?.listed.path);
      continue;
    }
    const isPresent = found !== undefined && isThere(listed, found.listed);
    const present = isPresent ? found.listed : await make({ folders, from, listed });
    attributes.set(listed, isPresent ? found.stat : undefined);
    if (!liesIn(listed.path, leftOut)) report.add(present);
  }
  attributes.end();
  if (site.user !== null) fchownSync(folders.at('').fd, site.user.uid, site.user.gid);
  return report.report();
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
  readonly found: Found | undefined;
}

/** Two streams in the same order, side by side. */
async function* besideEachOther(
  listing: AsyncGenerator<MtreeEntry, void, undefined>,
  present: AsyncGenerator<Found, void, undefined>,
): AsyncGenerator<Pair, void, undefined> {
  try {
    let [listed, found] = [await next(listing), await next(present)];
    while (listed !== undefined || found !== undefined) {
      const order = orderOf(listed?.path, found?.listed.path);
      yield { listed: order <= 0 ? listed : undefined, found: order >= 0 ? found : undefined };
      if (order <= 0) listed = await next(listing);
      if (order >= 0) found = await next(present);
    }
  } finally {
    await Promise.all([listing.return(), present.return()]); // they hold files open
  }
}

async function next<Entry>(entries: AsyncGenerator<Entry, void, undefined>): Promise<Entry | undefined> {
  const { done, value } = await entries.next();
  return done === true ? undefined : value;
}

/** Negative: the left one's turn. What has ended comes last. */
function orderOf(left: string | undefined, right: string | undefined): number {
  if (left === right) return 0;
  if (left === undefined) return 1;
  return right === undefined ? -1 : comparePaths(left, right);
}

/** The walk is ahead: it may have seen what went with a folder above. */
async function remove(folders: OpenFolders, found: string | undefined): Promise<void> {
  if (found === undefined) return;
  const { folder, name } = splitPath(found);
  let path: string;
  try {
    path = nameIn(folders.at(folder), name);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errnoOf(error) ?? '')) throw error;
    return;
  }
  await rm(path, { recursive: true, force: true });
}

/** @throws StateFailure for a file that has another size */
function isThere(listed: MtreeEntry, found: Listed): boolean {
  if (found.type !== listed.type) return false;
  if (found.type === 'link') return found.target === listed.target;
  if (found.type === 'file') requireSize(listed, found.sizeBytes);
  return true;
}

interface Making {
  readonly folders: OpenFolders;
  readonly from: string;
  readonly listed: MtreeEntry;
}

/** Instead of what is there, if anything. */
async function make({ folders, from, listed }: Making): Promise<Listed> {
  const { folder, name } = splitPath(listed.path);
  const { path: shown, mode, mtimeNs } = listed;
  const path = nameIn(folders.at(folder), name);
  await rm(path, { recursive: true, force: true });
  if (listed.type === 'dir') {
    await mkdir(path, { mode: 0o700 });
    return { type: 'dir', path: shown, mode, mtimeNs };
  }
  if (listed.type === 'link') {
    const target = listed.target ?? '';
    await symlink(target, path);
    return { type: 'link', path: shown, target, mtimeNs };
  }
  await copyIn(join(from, shown), path, shown);
  const made = await digestOf(path);
  requireSize(listed, made.sizeBytes);
  return { type: 'file', path: shown, mode, mtimeNs, ...made };
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

async function digestOf(path: string): Promise<{ sha256: string; sizeBytes: number }> {
  const hash = createHash('sha256');
  await using file = await open(path);
  let sizeBytes = 0;
  for await (const chunk of file.createReadStream({ autoClose: false })) {
    hash.update(chunk as Buffer);
    sizeBytes += (chunk as Buffer).length;
  }
  return { sha256: hash.digest('hex'), sizeBytes };
}

function requireSize({ path, sizeBytes }: MtreeEntry, found: number): void {
  if (sizeBytes === undefined || found === sizeBytes) return;
  const hint = 'Fetch this part again.';
  throw new StateFailure('state-changed', `${path} has ${found} bytes, not ${sizeBytes}`, { hint });
}
