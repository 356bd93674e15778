import { type BigIntStats, lstatSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { constants, open, readdir, readlink, type FileHandle } from 'node:fs/promises';
import { compareNames, liesIn } from '../domain/path-order.js';
import { errnoOf, StateFailure } from '../state-failure.js';
import { nameIn, openFolderIn } from './open-folders.js';

/** Something in a tree. `open` (files) and `target` (links) have to be used before the next entry is asked for. */
export interface TreeEntry {
  readonly type: 'file' | 'dir' | 'link';
  readonly path: string;
  readonly stat: BigIntStats;
  readonly open: () => Promise<FileHandle | undefined>;
  readonly target: () => Promise<string | undefined>;
}

const STATS_AT_ONCE = 64;
const GONE = ['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO', 'EINVAL'];

/**
 * All below a folder, a folder before what is in it, siblings in the order of their names' bytes. It may change meanwhile:
 * what vanishes is passed over. Sockets and pipes hold no state and are passed over, too. In memory: the names of the
 * folders on the way.
 */
export async function* walkTree(
  folder: FileHandle,
  leftOut: ReadonlySet<string>,
  prefix = '',
): AsyncGenerator<TreeEntry, void, undefined> {
  const names = (await readNames(folder, prefix)).filter((name) => !liesIn(prefix + name, leftOut));
  for (let start = 0; start < names.length; start += STATS_AT_ONCE) {
    const some = names.slice(start, start + STATS_AT_ONCE);
    await setImmediate(); // others have their turn
    const stats = some.map((name) => lstatNow(nameIn(folder, name)));
    for (const [index, name] of some.entries()) {
      const stat = stats[index];
      const entry = stat === undefined ? undefined : entryOf(folder, prefix + name, stat);
      if (entry === undefined) continue;
      yield entry;
      if (entry.type === 'dir') yield* walkBelow(folder, name, { leftOut, path: entry.path });
    }
  }
}

async function* walkBelow(
  folder: FileHandle,
  name: string,
  { leftOut, path }: { readonly leftOut: ReadonlySet<string>; readonly path: string },
): AsyncGenerator<TreeEntry, void, undefined> {
  const inner = await unlessGone(openFolderIn(folder, name));
  if (inner === undefined) return;
  try {
    yield* walkTree(inner, leftOut, `${path}/`);
  } finally {
    await inner.close();
  }
}

/** Some 5 µs; by another thread it would be 100 µs. */
function lstatNow(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    return ignoreGone(error);
  }
}

function entryOf(folder: FileHandle, path: string, stat: BigIntStats): TreeEntry | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const entry = {
    path,
    stat,
    // O_NONBLOCK: if a pipe takes the name meanwhile, nobody waits for its writer.
    open: () =>
      unlessGone(open(nameIn(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)),
    target: () => unlessGone(readlink(nameIn(folder, name))),
  };
  if (stat.isFile()) return { ...entry, type: 'file' };
  if (stat.isDirectory()) return { ...entry, type: 'dir' };
  if (stat.isSymbolicLink()) return { ...entry, type: 'link' };
  if (stat.isFIFO() || stat.isSocket()) return undefined;
  const hint = 'Remove it, or leave it out in the package.';
  throw new StateFailure('state-unreadable', `${path} is a device, which cannot be moved`, { hint });
}

async function readNames(folder: FileHandle, prefix: string): Promise<string[]> {
  const path = nameIn(folder, '.');
  const names = await readdir(path);
  if (names.some((name) => name.includes('\uFFFD'))) await refuseForeignNames(path, prefix);
  return names.sort(compareNames);
}

/** A name that is not UTF-8 cannot be said in a listing. */
async function refuseForeignNames(path: string, prefix: string): Promise<void> {
  const names = await readdir(path, { encoding: 'buffer' });
  const foreign = names.find((name) => !Buffer.from(name.toString()).equals(name));
  if (foreign === undefined) return;
  const hint = 'Rename it, then repeat the step.';
  throw new StateFailure('state-unreadable', `a name in ${prefix || '.'} is not UTF-8: ${foreign.toString()}`, {
    hint,
  });
}

/** Gone, or something else by now: ELOOP and ENOTDIR say that O_NOFOLLOW or O_DIRECTORY met something else. */
function unlessGone<T>(promise: Promise<T>): Promise<T | undefined> {
  return promise.catch(ignoreGone);
}

function ignoreGone(error: unknown): undefined {
  if (!GONE.includes(errnoOf(error) ?? '')) throw error;
  return undefined;
}
