import type { MtreeEntry } from '@freehold/bag';
import { constants, lchown, lutimes, open } from 'node:fs/promises';
import { StateFailure } from '../state-failure.js';
import type { Site, WorkOptions } from '../state-part.js';
import { nameIn, type OpenFolders, splitPath } from './open-folders.js';

/** Set-user-id and the like are nobody's state. Of folders the set-group-id bit only means whose new files are. */
const FILE_MODE = 0o777;
const FOLDER_MODE = 0o3777;

/** Owner, mode and times as listed. A folder's come when all that is in it is done, so that they stay. */
export async function applyAttributes(
  site: Site,
  folders: OpenFolders,
  listing: AsyncIterable<MtreeEntry>,
  { signal, onProgress }: WorkOptions,
): Promise<void> {
  const open: MtreeEntry[] = [];
  const leave = async (path: string | null) => {
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      if (path !== null && path.startsWith(`${last.path}/`)) return;
      open.pop();
      await apply(site, folders, last);
    }
  };
  const done = { files: 0, bytes: 0 };
  for await (const entry of listing) {
    signal?.throwIfAborted();
    await leave(entry.path);
    if (entry.type === 'dir') open.push(entry);
    else await apply(site, folders, entry);
    done.files += 1;
    if (done.files % 1_000 === 0) onProgress?.({ ...done });
  }
  await leave(null);
}

async function apply(site: Site, folders: OpenFolders, entry: MtreeEntry): Promise<void> {
  const { folder, name } = splitPath(entry.path);
  const path = nameIn(await folders.at(folder), name);
  const time = timeOf(entry.mtimeNs);
  if (entry.type === 'link') {
    if (site.user !== null) await lchown(path, site.user.uid, site.user.gid);
    return lutimes(path, time, time);
  }
  await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const stat = await handle.stat({ bigint: true });
  if (entry.type === 'file' ? !stat.isFile() : !stat.isDirectory()) {
    const hint = 'Nobody may work here meanwhile; repeat the step.';
    throw new StateFailure('state-changed', `${entry.path} is something else by now`, { hint });
  }
  if (site.user !== null) await handle.chown(site.user.uid, site.user.gid);
  await handle.chmod(entry.mode & (entry.type === 'file' ? FILE_MODE : FOLDER_MODE));
  await handle.utimes(time, time);
}

/**
 * A time as Node sets it: to the microsecond, which is all that libuv takes, in its middle, so that a floating-point
 * number does not fall into the one before. Before 1970 only a Date is understood, to the millisecond.
 */
function timeOf(ns: bigint): number | Date {
  if (ns < 0n) return new Date(Number(ns / 1_000_000n));
  return (Number(ns / 1_000n) + 0.5) / 1_000_000;
}
