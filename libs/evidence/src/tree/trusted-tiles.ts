import { memoryTiles } from './memory.tile-store.js';
import { MerkleTree } from './merkle-tree.js';
import { loadTile, type TileStore, TileUnreadable } from './tile-store.port.js';
import { partialTiles, type Tile, TILE_WIDTH, tileAt, tilePath } from './tile.js';
import { HASH_BYTES, parentInto, sameHash } from './tree-hash.js';

/** Tiles that nobody has to be trusted for: each is checked up to a root that is known. */
export interface TrustedTiles {
  /** Null when none of the stores has it as this tree does. */
  tile(tile: Tile): Promise<Uint8Array | null>;
  /** The root of the first leaves, by these tiles; null when one that it takes is not to be had. */
  root(size: number): Promise<Uint8Array | null>;
}

/** A level has one partial tile at most, and a tree of 2^53 leaves seven levels; of two stores each that is 128 ways. */
const MAX_WAYS = 1_024;

/**
 * Tiles of the tree with this `size` and `root`, from whichever of the stores has the right one. Null when already those at
 * the right edge, which the root is made of, do not give it. Keeps one tile a level: ask in order.
 */
export async function trustedTiles(
  stores: readonly Pick<TileStore, 'get'>[],
  { size, root }: { size: number; root: Uint8Array },
): Promise<TrustedTiles | null> {
  const edge = await edgeOf(stores, { size, root });
  if (edge === null) return null;
  const last = new Map<number, { index: number; bytes: Uint8Array | null }>();

  const whole = async (tile: Tile): Promise<Uint8Array | null> => {
    if (tile.width < TILE_WIDTH) return edge.get(tilePath(tile));
    const known = last.get(tile.level);
    if (known?.index === tile.index) return known.bytes;
    const bytes = await find(tile);
    last.set(tile.level, { index: tile.index, bytes });
    return bytes;
  };

  const find = async (tile: Tile): Promise<Uint8Array | null> => {
    const above = tileAt(tile.level + 1, tile.index, size);
    const parents = await whole(above);
    if (parents === null) return null;
    const at = (tile.index - above.index * TILE_WIDTH) * HASH_BYTES;
    const wanted = parents.subarray(at, at + HASH_BYTES);
    for (const store of stores) {
      const bytes = await orNull(loadTile(store, tile));
      if (bytes !== null && sameHash(rootOfTile(bytes), wanted)) return bytes;
    }
    return null;
  };

  const tile = async ({ level, index, width }: Tile): Promise<Uint8Array | null> =>
    (await whole(tileAt(level, index * TILE_WIDTH, size)))?.subarray(0, width * HASH_BYTES) ?? null;

  return {
    tile,
    root: async (smaller) => {
      const tiles = memoryTiles();
      for (const each of partialTiles(smaller)) {
        const bytes = await tile(each);
        if (bytes === null) return null;
        await tiles.put(tilePath(each), bytes);
      }
      return (await MerkleTree.open(tiles, smaller)).root();
    },
  };
}

/** The partial tiles that together give the root, taken from the stores in every mixture until one does. */
async function edgeOf(
  stores: readonly Pick<TileStore, 'get'>[],
  { size, root }: { size: number; root: Uint8Array },
): Promise<TileStore | null> {
  let ways: (readonly (readonly [string, Uint8Array])[])[] = [[]];
  for (const tile of partialTiles(size)) {
    const path = tilePath(tile);
    const found: Uint8Array[] = [];
    for (const store of stores) {
      const bytes = await orNull(loadTile(store, tile));
      if (bytes !== null && !found.some((other) => sameHash(other, bytes))) found.push(bytes);
    }
    ways = ways.flatMap((way) => found.map((bytes) => [...way, [path, bytes] as const])).slice(0, MAX_WAYS);
  }
  for (const way of ways) {
    const tiles = memoryTiles();
    for (const [path, bytes] of way) await tiles.put(path, bytes);
    if (sameHash((await MerkleTree.open(tiles, size)).root(), root)) return tiles;
  }
  return null;
}

function rootOfTile(bytes: Uint8Array): Uint8Array {
  const hashes = Buffer.from(bytes);
  for (let left = TILE_WIDTH / 2; left >= 1; left /= 2) {
    for (let node = 0; node < left; node += 1) parentInto(hashes, node * 2 * HASH_BYTES, hashes, node * HASH_BYTES);
  }
  return hashes.subarray(0, HASH_BYTES);
}

async function orNull(reading: Promise<Uint8Array>): Promise<Uint8Array | null> {
  try {
    return await reading;
  } catch (cause) {
    if (cause instanceof TileUnreadable) return null;
    throw cause;
  }
}
