import { commitLeaf, commitLeafHashes, type LoggedCommit } from '../history/commit-leaf.js';
import { memoryTiles } from '../tree/memory.tile-store.js';
import { MerkleTree } from '../tree/merkle-tree.js';
import { TILE_WIDTH } from '../tree/tile.js';
import type { CopyFiles } from './copy-files.js';
import { entriesPath, formatEntries } from './entry-bundle.js';
import type { TreeHead } from './verify-copy.js';

/** A copy in memory, whose files a test may change. */
export type MemoryCopy = CopyFiles & { readonly files: Map<string, Uint8Array> };

export function memoryCopy(files: ReadonlyMap<string, Uint8Array>): MemoryCopy {
  const own = new Map(files);
  return {
    files: own,
    get: (path) => Promise.resolve(own.get(path) ?? null),
    list: (folder) => {
      const below = [...own.keys()].filter((path) => path.startsWith(`${folder}/`));
      const names = below.map((path) => path.slice(folder.length + 1).split('/')[0]!);
      return Promise.resolve([...new Set(names)].map((name) => `${folder}/${name}`));
    },
  };
}

/** Bundles and tiles of a log as it is served at its size. */
export async function copyOf(commits: readonly LoggedCommit[]): Promise<{ copy: MemoryCopy; head: TreeHead }> {
  const store = memoryTiles();
  const tree = await MerkleTree.open(store);
  await tree.append(commitLeafHashes(commits));
  await tree.settle();
  const files = new Map(store.tiles);
  for (const [path, bundle] of bundlesOf(commits.map(commitLeaf))) files.set(path, bundle);
  return { copy: memoryCopy(files), head: { size: commits.length, root: tree.root() } };
}

export function bundlesOf(leaves: readonly Uint8Array[]): Map<string, Uint8Array> {
  const bundles = new Map<string, Uint8Array>();
  for (let index = 0; index * TILE_WIDTH < leaves.length; index += 1) {
    const entries = leaves.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
    bundles.set(entriesPath({ index, width: entries.length }), formatEntries(entries));
  }
  return bundles;
}
