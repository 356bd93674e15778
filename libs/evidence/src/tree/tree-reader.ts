import { consistencyRanges, inclusionRanges, type LeafRange, perfectSubtrees } from './proof-ranges.js';
import { loadTile, type TileStore } from './tile-store.port.js';
import { type Tile, TILE_HEIGHT, tileAt, tilePath } from './tile.js';
import { EMPTY_ROOT, HASH_BYTES, nodeHash, parentInto } from './tree-hash.js';

/**
 * Tiles that were read, with the levels between their hashes, 16 KiB each: those that were used last, 4 MiB at most. A tile of
 * a path is the same in every tree that grew from one, so readers of several sizes may share them. Whoever finds a tile
 * wrong forgets them all.
 */
export class KeptTiles {
  readonly #rows = new Map<string, Promise<Buffer[]>>();

  /** A proof takes several hashes of one tile at once: it is loaded once for all. What could not be is not kept. */
  rows(path: string, load: () => Promise<Buffer[]>): Promise<Buffer[]> {
    const rows = this.#rows.get(path) ?? this.#loaded(path, load);
    this.#rows.delete(path);
    this.#rows.set(path, rows);
    const oldest = this.#rows.size > MOST_KEPT ? this.#rows.keys().next().value : undefined;
    if (oldest !== undefined) this.#rows.delete(oldest);
    return rows;
  }

  #loaded(path: string, load: () => Promise<Buffer[]>): Promise<Buffer[]> {
    const rows = load();
    rows.catch(() => {
      if (this.#rows.get(path) === rows) this.#rows.delete(path);
    });
    return rows;
  }

  forget(): void {
    this.#rows.clear();
  }
}
const MOST_KEPT = 256;

/** Roots and proofs of a tree in a store, for its size and every smaller one. */
export interface TreeReader {
  readonly size: number;
  leaf(index: number): Promise<Uint8Array>;
  /** The root of the first `size` leaves; by default of all. */
  root(size?: number): Promise<Uint8Array>;
  /** RFC 9162 section 2.1.3.1; from the leaf's sibling up. */
  inclusionProof(index: number, size?: number): Promise<Uint8Array[]>;
  /** RFC 9162 section 2.1.4.1. */
  consistencyProof(first: number, second?: number): Promise<Uint8Array[]>;
}

/**
 * Reads a tree whose tiles were settled at `size`. What it answers is as good as the store: verify it against a checkpoint.
 *
 * @param kept of other readers of the same store, too; by default of this one.
 * @throws RangeError for what is beyond `size`; TileUnreadable.
 */
export function readTree(store: TileStore, size: number, kept = new KeptTiles()): TreeReader {
  const rows = (tile: Tile): Promise<Buffer[]> =>
    kept.rows(tilePath(tile), async () => rowsOf(await loadTile(store, tile)));

  const subtree = async ({ height, index }: { height: number; index: number }): Promise<Uint8Array> => {
    const level = Math.floor(height / TILE_HEIGHT);
    const row = height % TILE_HEIGHT;
    const tile = tileAt(level, index * 2 ** row, size);
    const at = (index - (tile.index * 2 ** TILE_HEIGHT) / 2 ** row) * HASH_BYTES;
    return Uint8Array.from((await rows(tile))[row]!.subarray(at, at + HASH_BYTES));
  };

  const hashOf = async (range: LeafRange): Promise<Uint8Array> => {
    const parts = await Promise.all(perfectSubtrees(range).map(subtree));
    return parts.length === 0 ? EMPTY_ROOT : parts.reduceRight((right, left) => nodeHash(left, right));
  };

  const within = (asked: number): number => {
    if (Number.isSafeInteger(asked) && asked >= 0 && asked <= size) return asked;
    throw new RangeError(`The tree has ${size} leaves; it says nothing of ${asked}`);
  };

  return {
    size,
    leaf: async (index) => {
      const [last] = perfectSubtrees({ from: within(index), to: within(index + 1) });
      return subtree(last!);
    },
    root: async (at = size) => hashOf({ from: 0, to: within(at) }),
    inclusionProof: async (index, at = size) => Promise.all(inclusionRanges(index, within(at)).map(hashOf)),
    consistencyProof: async (first, second = size) => Promise.all(consistencyRanges(first, within(second)).map(hashOf)),
  };
}

/** The hashes of a tile (row 0) and those of its perfect subtrees above them, rows 1 to 7. */
function rowsOf(bytes: Uint8Array): Buffer[] {
  const rows = [Buffer.from(bytes)];
  for (let row = 1; row < TILE_HEIGHT; row += 1) {
    const below = rows[row - 1]!;
    const above = Buffer.alloc(Math.floor(below.byteLength / (2 * HASH_BYTES)) * HASH_BYTES);
    for (let at = 0; at < above.byteLength; at += HASH_BYTES) parentInto(below, 2 * at, above, at);
    rows.push(above);
  }
  return rows;
}
