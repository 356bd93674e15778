import type { MtreeEntry } from '@freehold/bag';
import { closeSync, constants, fchmodSync, fchownSync, fstatSync, futimesSync, openSync } from 'node:fs';
import { lchown, lutimes } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { DigestCache } from './digest-cache.js';
import { StateFailure } from '../state-failure.js';
import type { Site, WorkOptions } from '../state-part.js';
import { nameIn, type OpenFolders, splitPath } from './open-folders.js';

/** Set-user-id and the like are nobody's state. Of folders the set-group-id bit only means whose new files are. */
const FILE_MODE = 0o777;
const FOLDER_MODE = 0o3777;

/** Others have their turn after so many. */
const YIELD_FILES = 100;

export interface Applying {
  readonly site: Site;
  readonly folders: OpenFolders;
  /** Digests that are known of files, which stay known although owner, mode and times change. */
  readonly cache: DigestCache | undefined;
}

/** Owner, mode and times as listed. A folder's come when all that is in it is done, so that they stay. */
export async function applyAttributes(
  applying: Applying,
  listing: AsyncIterable<MtreeEntry>,
  { signal, onProgress }: WorkOptions,
): Promise<void> {
  const open: MtreeEntry[] = [];
  const leave = async (path: string | null) => {
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      if (path !== null && path.startsWith(`${last.path}/`)) return;
      open.pop();
      await apply(applying, last);
    }
  };
  const done = { files: 0, bytes: 0 };
  for await (const entry of listing) {
    signal?.throwIfAborted();
    await leave(entry.path);
    if (entry.type === 'dir') open.push(entry);
    else await apply(applying, entry);
    done.files += 1;
    if (done.files % YIELD_FILES === 0) await setImmediate();
    if (done.files % 1_000 === 0) onProgress?.({ ...done });
  }
  await leave(null);
}

async function apply({ site, folders, cache }: Applying, entry: MtreeEntry): Promise<void> {
  const { folder, name } = splitPath(entry.path);
  const path = nameIn(await folders.at(folder), name);
  const time = timeOf(entry.mtimeNs);
  if (entry.type === 'link') {
    if (site.user !== null) await lchown(path, site.user.uid, site.user.gid);
    return lutimes(path, time, time);
  }
  const { before, after } = applyNow(path, { ...entry, user: site.user, time });
  const digest = entry.type === 'file' ? await cache?.find(entry.path, before) : undefined;
  // Nobody works here: nothing but these three has changed it since it was looked at.
  if (digest !== undefined) await cache?.remember(entry.path, after, digest);
}

interface Wanted extends Pick<MtreeEntry, 'path' | 'type' | 'mode'> {
  readonly user: Site['user'];
  readonly time: number | Date;
}

/** Some 30 µs without a wait in them; as six waits for another thread it would be 500 µs, and there may be many files. */
function applyNow(path: string, { path: shown, type, mode, user, time }: Wanted) {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const before = fstatSync(file, { bigint: true });
    if (type === 'file' ? !before.isFile() : !before.isDirectory()) {
      const hint = 'Nobody may work here meanwhile; repeat the step.';
      throw new StateFailure('state-changed', `${shown} is something else by now`, { hint });
    }
    if (user !== null) fchownSync(file, user.uid, user.gid);
    fchmodSync(file, mode & (type === 'file' ? FILE_MODE : FOLDER_MODE));
    futimesSync(file, time, time);
    return { before, after: fstatSync(file, { bigint: true }) };
  } finally {
    closeSync(file);
  }
}

/**
 * A time as Node sets it: to the microsecond, which is all that libuv takes, in its middle, so that a floating-point
 * number does not fall into the one before. Before 1970 only a Date is understood, to the millisecond.
 */
function timeOf(ns: bigint): number | Date {
  if (ns < 0n) return new Date(Number(ns / 1_000_000n));
  return (Number(ns / 1_000n) + 0.5) / 1_000_000;
}
