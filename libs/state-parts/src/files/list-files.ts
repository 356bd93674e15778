import type { BigIntStats } from 'node:fs';
import type { Done, ListedFile, Listed, ListOptions, Site, StatePart } from '../state-part.js';
import { isMissing, StateFailure } from '../state-failure.js';
import { DigestCache } from './digest-cache.js';
import { Hasher } from './hasher.js';
import { openFolderBelow } from './open-folders.js';
import { walkTree, type TreeEntry } from './walk-tree.js';

/** So many entries may be ahead of the one that is given out; as many files are open. */
const AHEAD = 64;

/** A change within the resolution of the clock after a hash would not be seen: such a digest is not remembered. */
const SETTLED_NS = 2_000_000_000n;

/** Counts of one listing. `hashedBytes`: what was read; the others' digests were remembered. */
export interface ListingMeter {
  hashedFiles: number;
  hashedBytes: number;
}

interface Listing {
  readonly hasher: Hasher;
  readonly cache: DigestCache | undefined;
  readonly meter: ListingMeter;
}

interface Pending {
  readonly listed: Promise<Listed | undefined>;
  /** Set once the digest may be remembered for this state of the file. */
  readonly remember?: BigIntStats;
}

/**
 * The tree of a part of kind `files`, in the order of the bytes of names, a folder before what is in it; left-out paths
 * are omitted and links not followed. A digest is taken from the cache only if inode, size, mtime and ctime (ns) are the
 * same and the ctime was 2 s older than the start of hashing: nobody but the kernel sets a ctime. The tree may change
 * meanwhile: size and digest are of what was read. Memory: the names of the folders on the way, and 64 entries.
 */
export async function* listFiles(
  site: Site,
  part: StatePart,
  options: ListOptions & { readonly meter?: ListingMeter } = {},
): AsyncGenerator<Listed, void, undefined> {
  const folder = await openPart(site, part);
  const meter = options.meter ?? { hashedFiles: 0, hashedBytes: 0 };
  const done = { files: 0, bytes: 0 };
  const hasher = new Hasher();
  let cache: DigestCache | undefined;
  const pending: Pending[] = [];
  try {
    if (options.cacheFile !== undefined) {
      cache = await DigestCache.open(options.cacheFile, (await folder.stat({ bigint: true })).dev);
    }
    const listing = { hasher, cache, meter };
    const leftOut = new Set(part.leaveOut.map(({ path }) => path.replace(/^\.\/|\/+$/g, '')));
    for await (const entry of walkTree(folder, leftOut)) {
      options.signal?.throwIfAborted();
      pending.push(await begin(listing, entry));
      if (pending.length > AHEAD) yield* give(pending.shift(), listing, { done, options });
    }
    while (pending.length > 0) yield* give(pending.shift(), listing, { done, options });
    await cache?.commit();
  } finally {
    await hasher.close();
    await Promise.allSettled(pending.map(({ listed }) => listed));
    await cache?.close();
    await folder.close();
  }
}

async function openPart(site: Site, part: StatePart) {
  try {
    return await openFolderBelow(site.folder, part.path);
  } catch (cause) {
    const missing = isMissing(cause);
    const hint = missing
      ? 'Let the application start once, so that it makes its state, or correct the path in the package.'
      : 'Put a real folder in its place, then repeat the step.';
    const what = missing ? 'is not there' : 'is no folder';
    const code = missing ? 'part-missing' : 'part-outside';
    throw new StateFailure(code, `part ${part.name} ${what}: ${part.path}`, { hint, cause });
  }
}

async function* give(
  pending: Pending | undefined,
  { cache }: Listing,
  { done, options }: { readonly done: { files: number; bytes: number }; readonly options: ListOptions },
) {
  const one = await pending?.listed;
  options.signal?.throwIfAborted();
  if (one === undefined) return;
  if (one.type === 'file') {
    if (pending?.remember !== undefined) await cache?.remember(one.path, pending.remember, one.sha256);
    tell(done, one, options.onProgress);
  }
  yield one;
}

function tell(done: { files: number; bytes: number }, file: ListedFile, onProgress?: (done: Done) => void): void {
  done.files += 1;
  done.bytes += file.sizeBytes;
  onProgress?.({ ...done });
}

/** Everything that needs the folder is done when it returns; hashing goes on. */
async function begin({ hasher, cache, meter }: Listing, entry: TreeEntry): Promise<Pending> {
  const { path, stat } = entry;
  const about = { path, mode: Number(stat.mode & 0o7777n), mtimeNs: stat.mtimeNs };
  if (entry.type === 'dir') return ready({ ...about, type: 'dir' });
  if (entry.type === 'link') {
    const target = await entry.target();
    return ready(target === undefined ? undefined : { type: 'link', path, target, mtimeNs: stat.mtimeNs });
  }
  const known = await cache?.find(path, stat);
  if (known !== undefined) {
    return { ...ready({ ...about, type: 'file', sizeBytes: Number(stat.size), sha256: known }), remember: stat };
  }
  const begun = BigInt(Date.now()) * 1_000_000n;
  const handle = await entry.open();
  if (handle === undefined) return ready(undefined);
  const pending: { listed: Pending['listed']; remember?: BigIntStats } = { listed: Promise.resolve(undefined) };
  const work = async (): Promise<Listed | undefined> => {
    try {
      const before = await handle.stat({ bigint: true });
      if (!before.isFile()) return undefined;
      const hashed = await hasher.hash(handle, Number(before.size));
      const after = await handle.stat({ bigint: true });
      meter.hashedFiles += 1;
      meter.hashedBytes += hashed.sizeBytes;
      if (isSettled(before, after, begun)) pending.remember = after;
      return { ...about, mode: Number(before.mode & 0o7777n), mtimeNs: before.mtimeNs, type: 'file', ...hashed };
    } finally {
      await handle.close();
    }
  };
  pending.listed = work();
  pending.listed.catch(() => undefined); // it is reported when its turn comes
  return pending;
}

function ready(listed: Listed | undefined): Pending {
  return { listed: Promise.resolve(listed) };
}

function isSettled(before: BigIntStats, after: BigIntStats, begun: bigint): boolean {
  const same = before.ctimeNs === after.ctimeNs && before.size === after.size && before.mtimeNs === after.mtimeNs;
  return same && after.ctimeNs <= begun - SETTLED_NS;
}
