import { memoryTiles } from '../tree/memory.tile-store.js';
import { MerkleTree } from '../tree/merkle-tree.js';
import { loadTile, type TileStore, TileUnreadable } from '../tree/tile-store.port.js';
import { parseTilePath, type Tile, TILE_WIDTH, tileAt, tileBytes } from '../tree/tile.js';
import { HASH_BYTES, leafHash, sameHash } from '../tree/tree-hash.js';
import { bundlesOfCopy, copiedBundle, copiedTiles, type CopyFiles, entriesOf } from './copy-files.js';

/** What one reading of all entries of a copy gives. */
export interface ReadCopy {
  /** The root of the first leaves, by the sizes asked for; without those that the copy does not reach. */
  roots: ReadonlyMap<number, Uint8Array>;
  /** Up to the last one that is there. */
  bundles: number;
  /** Bundles that are absent, or not as their name says; their leaf hashes were taken from tiles. */
  brokenBundles: readonly number[];
  /** Tiles of the copy that are absent, or not what its entries give. */
  otherTiles: readonly Tile[];
  /** The tiles that the entries give. Those of leaves are read again. */
  derived: Pick<TileStore, 'get'>;
}

export interface ReadOptions {
  /** Leaves; rising. */
  sizes: readonly number[];
  onBundle?: ((bundle: { index: number; bytes: number }) => void) | undefined;
}

/** Reads each bundle once, builds the tree of its entries, and compares it with the copy's tiles as it grows. */
export async function readThrough(files: CopyFiles, { sizes, onBundle }: ReadOptions): Promise<ReadCopy> {
  const tiles = copiedTiles(files);
  const upper = memoryTiles();
  const otherTiles: Tile[] = [];
  const brokenBundles: number[] = [];
  const roots = new Map<number, Uint8Array>();
  const tree = await MerkleTree.open({
    get: (path) => upper.get(path),
    put: async (path, bytes) => {
      const tile = parseTilePath(path)!;
      if (tile.level > 0) await upper.put(path, bytes);
      const copied = await tileOrNull(tiles, tile);
      if (copied === null || !sameHash(copied, bytes)) otherTiles.push(tile);
    },
  });
  const bundles = await bundlesOfCopy(files);
  let from = 0;
  for (const size of sizes) {
    const end = Math.min(size, bundles * TILE_WIDTH);
    while (from < end) {
      const leaves = tileAt(0, from, end);
      const read = await leafHashes(files, leaves);
      onBundle?.({ index: leaves.index, bytes: read.bytes });
      if (!read.whole) brokenBundles.push(leaves.index);
      const skipped = from - leaves.index * TILE_WIDTH;
      await tree.append(read.hashes.subarray(skipped * HASH_BYTES));
      from = leaves.index * TILE_WIDTH + leaves.width;
    }
    if (end < size) break;
    await tree.settle();
    roots.set(size, tree.root());
  }
  const derived: ReadCopy['derived'] = {
    get: async (path) => {
      const tile = parseTilePath(path);
      return tile?.level === 0 ? (await leafHashes(files, tile)).hashes : upper.get(path);
    },
  };
  return { roots, bundles, brokenBundles: [...new Set(brokenBundles)], otherTiles, derived };
}

interface ReadLeaves {
  hashes: Uint8Array;
  whole: boolean;
  bytes: number;
}

/** Of a bundle; of the tile beside it, where the bundle is not whole. Zeroes where there is neither. */
async function leafHashes(files: CopyFiles, leaves: Tile): Promise<ReadLeaves> {
  const file = await copiedBundle(files, leaves);
  const entries = file === null ? null : entriesOf(file);
  const bytes = file?.bytes.byteLength ?? 0;
  if (entries !== null) {
    return { hashes: Buffer.concat(entries.slice(0, leaves.width).map(leafHash)), whole: true, bytes };
  }
  const hashes = (await tileOrNull(copiedTiles(files), leaves)) ?? Buffer.alloc(tileBytes(leaves));
  return { hashes, whole: false, bytes };
}

async function tileOrNull(store: Pick<TileStore, 'get'>, tile: Tile): Promise<Uint8Array | null> {
  try {
    return await loadTile(store, tile);
  } catch (cause) {
    if (cause instanceof TileUnreadable) return null;
    throw cause;
  }
}
