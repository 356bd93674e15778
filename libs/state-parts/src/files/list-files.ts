import { type BigIntStats, closeSync, fstatSync } from 'node:fs';
import type { Done, ListedFile, Listed, ListOptions, Outlined, Site, StatePart } from '../state-part.js';
import { isMissing, StateFailure } from '../state-failure.js';
import { DigestCache, lineOf } from './digest-cache.js';
import { Hasher } from './hasher.js';
import { openFolderBelow } from './open-folders.js';
import { openEntry, targetOf, walkTree, type TreeEntry } from './walk-tree.js';

/** So many entries may be ahead of those that were just found; as many of both are open files. */
const AHEAD = 32;

/** A change within the resolution of the clock after a hash would not be seen: such a digest is not remembered. */
const SETTLED_NS = 2_000_000_000n;

/** Counts of one listing. `hashedBytes`: what was read; the others' digests were remembered. */
export interface ListingMeter {
  hashedFiles: number;
  hashedBytes: number;
}

export interface ListingOptions extends ListOptions {
  readonly meter?: ListingMeter;
}

/** What is listed, and as it was found. */
export interface Found {
  readonly listed: Listed;
  readonly stat: BigIntStats;
}

interface Listing {
  readonly hasher: Hasher;
  readonly cache: DigestCache | undefined;
  readonly meter: ListingMeter;
}

/** An entry whose turn comes; undefined: it is gone. `line`: what the cache remembers of it. */
type Pending = (Found & { readonly line?: string }) | undefined;

/**
 * The tree of a part of kind `files`, in the order of the bytes of names, a folder before what is in it; left-out paths
 * are omitted and links not followed. A digest is taken from the cache only if inode, size, mtime and ctime (ns) are the
 * same and the ctime was 2 s older than the start of hashing: nobody but the kernel sets a ctime. The tree may change
 * meanwhile: size and digest are of what was read. Memory: the names of the folders on the way, and 64 entries.
 */
export async function* listFiles(
  site: Site,
  part: StatePart,
  options: ListingOptions = {},
): AsyncGenerator<Listed, void, undefined> {
  for await (const { listed } of findFiles(site, part, options)) yield listed;
}

/** As `listFiles`, but no file is read: what names, sizes and times tell at once, however much there is. */
export async function* outlineFiles(
  site: Site,
  part: StatePart,
  { signal }: Pick<ListOptions, 'signal'> = {},
): AsyncGenerator<Outlined, void, undefined> {
  const folder = await openPart(site, part);
  try {
    for await (const entries of walkTree(folder, leftOutOf(part))) {
      signal?.throwIfAborted();
      yield* entries.map(outlineOf).filter((outlined) => outlined !== undefined);
    }
  } finally {
    await folder.close();
  }
}

/** As `listFiles`, with what the file system said of each entry. */
export async function* findFiles(
  site: Site,
  part: StatePart,
  options: ListingOptions,
): AsyncGenerator<Found, void, undefined> {
  const folder = await openPart(site, part);
  const meter = options.meter ?? { hashedFiles: 0, hashedBytes: 0 };
  const done = { files: 0, bytes: 0 };
  const hasher = new Hasher();
  let cache: DigestCache | undefined;
  const pending: (Pending | Promise<Pending>)[] = [];
  try {
    if (options.cacheFile !== undefined) {
      cache = await DigestCache.open(options.cacheFile, (await folder.stat({ bigint: true })).dev);
    }
    const listing = { hasher, cache, meter };
    for await (const one of inTurn(listing, walkTree(folder, leftOutOf(part)), pending)) {
      options.signal?.throwIfAborted();
      if (one.listed.type === 'file') tell(done, one.listed, options.onProgress);
      yield one;
    }
    await cache?.commit();
  } finally {
    await hasher.close();
    await Promise.allSettled(pending.map(async (one) => one));
    await cache?.close();
    await folder.close();
  }
}

export const leftOutOf = ({ leaveOut }: Pick<StatePart, 'leaveOut'>): ReadonlySet<string> =>
  new Set(leaveOut.map(({ path }) => path.replace(/^\.\/|\/+$/g, '')));

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

/** An entry that nobody has to wait for is given out at once, unless one before it is still hashed. */
async function* inTurn(
  listing: Listing,
  walk: AsyncIterable<readonly TreeEntry[]>,
  pending: (Pending | Promise<Pending>)[],
): AsyncGenerator<Found, void, undefined> {
  const given = async function* (most: number) {
    while (pending.length > most || (pending.length > 0 && !(pending[0] instanceof Promise))) {
      const first = pending.shift();
      const one = first instanceof Promise ? await first : first;
      if (one === undefined) continue;
      if (one.line !== undefined) await listing.cache?.remember(one.line);
      yield one;
    }
  };
  for await (const entries of walk) {
    for (const entry of entries) pending.push(begin(listing, entry));
    yield* given(AHEAD);
  }
  yield* given(0);
}

function tell(done: { files: number; bytes: number }, file: ListedFile, onProgress?: (done: Done) => void): void {
  done.files += 1;
  done.bytes += file.sizeBytes;
  onProgress?.({ ...done });
}

/** Everything that needs the folder is done when it returns; hashing goes on. */
function begin(listing: Listing, entry: TreeEntry): Pending | Promise<Pending> {
  const { path, stat } = entry;
  const listed = outlineOf(entry);
  if (listed?.type !== 'file') return listed === undefined ? undefined : { stat, listed };
  const known = listing.cache?.find(path, stat);
  if (known !== undefined) return { stat, line: known.line, listed: { ...listed, sha256: known.sha256 } };
  const begun = BigInt(Date.now()) * 1_000_000n;
  const fd = openEntry(entry);
  if (fd === undefined) return undefined;
  const hashed = hashOpen(listing, { path, fd, begun });
  hashed.catch(() => undefined); // it is reported when its turn comes
  return hashed;
}

function outlineOf(entry: TreeEntry): Outlined | undefined {
  const { type, path, stat } = entry;
  const { mtimeNs } = stat;
  if (type === 'link') {
    const target = targetOf(entry);
    return target === undefined ? undefined : { type, path, target, mtimeNs };
  }
  const about = { path, mode: Number(stat.mode & 0o7777n), mtimeNs };
  return type === 'dir' ? { ...about, type } : { ...about, type, sizeBytes: Number(stat.size) };
}

interface OpenFile {
  readonly path: string;
  readonly fd: number;
  /** When hashing it began, in ns since 1970. */
  readonly begun: bigint;
}

/** Closes it. */
async function hashOpen({ hasher, meter }: Listing, { path, fd, begun }: OpenFile): Promise<Pending> {
  try {
    const before = fstatSync(fd, { bigint: true });
    if (!before.isFile()) return undefined;
    const hashed = await hasher.hash(fd, Number(before.size));
    const stat = fstatSync(fd, { bigint: true });
    meter.hashedFiles += 1;
    meter.hashedBytes += hashed.sizeBytes;
    const about = { path, mode: Number(before.mode & 0o7777n), mtimeNs: before.mtimeNs };
    const line = isSettled(before, stat, begun) ? { line: lineOf(path, stat, hashed.sha256) } : {};
    return { stat, listed: { ...about, type: 'file', ...hashed }, ...line };
  } finally {
    closeSync(fd);
  }
}

function isSettled(before: BigIntStats, after: BigIntStats, begun: bigint): boolean {
  const same = before.ctimeNs === after.ctimeNs && before.size === after.size && before.mtimeNs === after.mtimeNs;
  return same && after.ctimeNs <= begun - SETTLED_NS;
}
