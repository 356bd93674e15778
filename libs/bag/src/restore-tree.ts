import { chmod, lutimes, mkdir, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { MtreeEntry } from './mtree-format.js';
import { readTree } from './part-trees.js';
import type { PartTree } from './part-trees.js';

const PERMISSIONS = 0o777;
/** So that what lies in a folder can be reached by us, whatever its mode was. */
const SEARCH = 0o100;

/** Links, empty folders, modes and times of a checked tree. Folders come last: what is made in them changes their times. */
export async function restoreTree(folder: string, tree: PartTree): Promise<void> {
  for await (const entry of entriesOf(tree)) {
    const path = join(folder, entry.path);
    const seconds = secondsOf(entry.mtimeNs);
    if (entry.type === 'dir') {
      await mkdir(path, { recursive: true, mode: 0o700 });
    } else if (entry.type === 'link') {
      await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
      await symlink(entry.target ?? '', path);
      await lutimes(path, seconds, seconds);
    } else {
      await utimes(path, seconds, seconds);
      await chmod(path, entry.mode & PERMISSIONS);
    }
  }
  for await (const entry of entriesOf(tree)) {
    if (entry.type !== 'dir') continue;
    const path = join(folder, entry.path);
    await chmod(path, (entry.mode & PERMISSIONS) | SEARCH);
    await utimes(path, secondsOf(entry.mtimeNs), secondsOf(entry.mtimeNs));
  }
}

async function* entriesOf(tree: PartTree): AsyncGenerator<MtreeEntry> {
  for await (const entry of readTree(tree)) if (!('findings' in entry)) yield entry;
}

/**
 * Node takes seconds as a double: of today's times about a quarter of a microsecond is lost. As text, since Node puts the
 * time of day in the place of a negative number, which stands for a time before 1970.
 */
const secondsOf = (ns: bigint): string => String(Number(ns) / 1e9);
