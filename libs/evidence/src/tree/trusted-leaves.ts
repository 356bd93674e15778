import { loadTile, type TileStore, TileUnreadable } from './tile-store.port.js';
import { type Tile, TILE_WIDTH, tileAt } from './tile.js';
import { HASH_BYTES, parentInto, sameHash } from './tree-hash.js';
import { readTree } from './tree-reader.js';

/** Leaf hashes from tiles that nobody has to be trusted for: each is checked up to a root that is known. */
export interface TrustedLeaves {
  /** The hashes of level-0 tile `index`, packed; null when it is absent, cut, or not of this tree. */
  tile(index: number): Promise<Uint8Array | null>;
}

/**
 * Tiles of the tree with this `size` and `root`, from any store. Null when already the tiles at the right edge, which the root
 * is made of, do not give it. Keeps one tile a level: ask in order.
 */
export async function trustedLeaves(
  store: TileStore,
  { size, root }: { size: number; root: Uint8Array },
): Promise<TrustedLeaves | null> {
  const edge = await orNull(readTree(store, size).root());
  if (edge === null || !sameHash(edge, root)) return null;
  const last = new Map<number, { index: number; bytes: Uint8Array | null }>();

  const trusted = async (tile: Tile): Promise<Uint8Array | null> => {
    const known = last.get(tile.level);
    if (known?.index === tile.index) return known.bytes;
    const bytes = await check(tile);
    last.set(tile.level, { index: tile.index, bytes });
    return bytes;
  };

  const check = async (tile: Tile): Promise<Uint8Array | null> => {
    const bytes = await orNull(loadTile(store, tile));
    // A partial tile is part of the edge, which was checked as a whole.
    if (bytes === null || tile.width < TILE_WIDTH) return bytes;
    const above = tileAt(tile.level + 1, tile.index, size);
    const parents = await trusted(above);
    const at = (tile.index - above.index * TILE_WIDTH) * HASH_BYTES;
    return parents !== null && sameHash(rootOfTile(bytes), parents.subarray(at, at + HASH_BYTES)) ? bytes : null;
  };

  return { tile: async (index) => trusted(tileAt(0, index * TILE_WIDTH, size)) };
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
