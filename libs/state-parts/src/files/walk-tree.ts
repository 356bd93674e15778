import { type BigIntStats, constants, lstatSync, openSync, readlinkSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { readdir } from 'node:fs/promises';
import { compareNames, liesIn } from '../domain/path-order.js';
import { errnoOf, StateFailure } from '../state-failure.js';
import { closeFolder, nameIn, type OpenFolder, openFolderIn } from './open-folders.js';

/** Something in a tree. Its folder is open until the next entries are asked for. */
export interface TreeEntry {
  readonly type: 'file' | 'dir' | 'link';
  readonly path: string;
  readonly name: string;
  readonly folder: OpenFolder;
  readonly stat: BigIntStats;
}

const STATS_AT_ONCE = 32;
const GONE = ['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO', 'EINVAL'];
/** O_NONBLOCK: if a pipe takes the name meanwhile, nobody waits for its writer. */
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * All below a folder, a folder before what is in it, siblings in the order of their names' bytes; some at a time. It may
 * change meanwhile: what vanishes is passed over. Sockets and pipes hold no state and are passed over, too. In memory: the
 * names of the folders on the way. What the kernel answers in some µs is asked at once, since by another thread it would
 * be 100 µs, for each of many files; others have their turn between some files and the next.
 */
export async function* walkTree(
  folder: OpenFolder,
  leftOut: ReadonlySet<string>,
  prefix = '',
): AsyncGenerator<readonly TreeEntry[], void, undefined> {
  const names = (await readNames(folder, prefix)).filter((name) => !liesIn(prefix + name, leftOut));
  for (let start = 0; start < names.length; start += STATS_AT_ONCE) {
    await setImmediate(); // others have their turn
    let some: TreeEntry[] = [];
    for (const entry of look(folder, names.slice(start, start + STATS_AT_ONCE), prefix)) {
      some.push(entry);
      if (entry.type !== 'dir') continue;
      yield some;
      some = [];
      yield* walkBelow(entry, leftOut);
    }
    if (some.length > 0) yield some;
  }
}

async function* walkBelow(
  { folder, name, path }: TreeEntry,
  leftOut: ReadonlySet<string>,
): AsyncGenerator<readonly TreeEntry[], void, undefined> {
  const inner = unlessGone(() => openFolderIn(folder, name));
  if (inner === undefined) return;
  try {
    yield* walkTree(inner, leftOut, `${path}/`);
  } finally {
    closeFolder(inner);
  }
}

function look(folder: OpenFolder, names: readonly string[], prefix: string): TreeEntry[] {
  return names.flatMap((name) => {
    const stat = unlessGone(() => lstatSync(nameIn(folder, name), { bigint: true, throwIfNoEntry: false }));
    const type = stat === undefined ? undefined : typeOf(stat, prefix + name);
    return stat === undefined || type === undefined ? [] : { type, path: prefix + name, name, folder, stat };
  });
}

/** Opened for reading; whoever asks closes it. Undefined: gone, or something else by now. */
export const openEntry = ({ folder, name }: TreeEntry): number | undefined =>
  unlessGone(() => openSync(nameIn(folder, name), FILE));

/** Where a link leads. */
export const targetOf = ({ folder, name }: TreeEntry): string | undefined =>
  unlessGone(() => readlinkSync(nameIn(folder, name)));

function typeOf(stat: BigIntStats, path: string): TreeEntry['type'] | undefined {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'dir';
  if (stat.isSymbolicLink()) return 'link';
  if (stat.isFIFO() || stat.isSocket()) return undefined;
  const hint = 'Remove it, or leave it out in the package.';
  throw new StateFailure('state-unreadable', `${path} is a device, which cannot be moved`, { hint });
}

async function readNames(folder: OpenFolder, prefix: string): Promise<string[]> {
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
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (!GONE.includes(errnoOf(error) ?? '')) throw error;
    return undefined;
  }
}
