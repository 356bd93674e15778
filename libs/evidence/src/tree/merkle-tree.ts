import { loadTile, type TileStore } from './tile-store.port.js';
import { partialTiles, type Tile, TILE_WIDTH, tilePath } from './tile.js';
import { EMPTY_ROOT, HASH_BYTES, nodeHash, parentInto } from './tree-hash.js';

const FULL = TILE_WIDTH * HASH_BYTES;

/** One level's last tile that is not full yet; `index` is that tile's. */
interface EdgeTile {
  bytes: Buffer;
  width: number;
  index: number;
}

/**
 * A tree that grows: its right edge in memory (8 KiB a level, seven levels at most), everything else in the store.
 * One caller at a time. After a failed `append` or `settle` open it again, at the size of the last `settle`.
 */
export class MerkleTree {
  readonly #store: TileStore;
  readonly #edge: EdgeTile[] = [];
  readonly #scratch = Buffer.alloc(FULL);
  #size = 0;
  #use: 'free' | 'busy' | 'failed' = 'free';

  private constructor(store: TileStore) {
    this.#store = store;
  }

  /**
   * The tree of the first `size` leaves, whose tiles were settled at that size or a bigger one.
   *
   * @throws TileUnreadable.
   */
  static async open(store: TileStore, size = 0): Promise<MerkleTree> {
    const tree = new MerkleTree(store);
    for (const tile of partialTiles(size)) {
      tree.#level(tile.level).bytes.set(await loadTile(store, tile));
      tree.#level(tile.level).width = tile.width;
    }
    let hashes = Math.floor(size / TILE_WIDTH);
    for (let level = 0; level < tree.#edge.length || hashes > 0; level += 1) {
      tree.#level(level).index = hashes;
      hashes = Math.floor(hashes / TILE_WIDTH);
    }
    tree.#size = size;
    return tree;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds leaf hashes, packed. Tiles that become full are in the store when it resolves. */
  async append(leafHashes: Uint8Array): Promise<void> {
    if (leafHashes.byteLength % HASH_BYTES !== 0) {
      throw new RangeError(`${leafHashes.byteLength} bytes are no whole number of hashes of ${HASH_BYTES} bytes`);
    }
    await this.#exclusively(async () => {
      let at = 0;
      while (at < leafHashes.byteLength) {
        const leaves = this.#level(0);
        const end = Math.min(leafHashes.byteLength, at + (TILE_WIDTH - leaves.width) * HASH_BYTES);
        leaves.bytes.set(leafHashes.subarray(at, end), leaves.width * HASH_BYTES);
        leaves.width += (end - at) / HASH_BYTES;
        this.#size += (end - at) / HASH_BYTES;
        at = end;
        if (leaves.width === TILE_WIDTH) await this.#carry();
      }
    });
  }

  /** The root of the tree as it is now. */
  root(): Uint8Array {
    let root: Uint8Array | null = null;
    for (const { bytes, width } of this.#edge) {
      for (let count = 1, end = width; end > 0; count *= 2) {
        if (Math.floor(width / count) % 2 === 0) continue;
        end -= count;
        const left = this.#fold(bytes, end, count);
        root = root === null ? left : nodeHash(left, root);
      }
    }
    return root ?? EMPTY_ROOT;
  }

  /** Puts the partial tiles of this size into the store: afterwards everything that proofs at this size need is there. */
  async settle(): Promise<void> {
    await this.#exclusively(async () => {
      for (const tile of partialTiles(this.#size)) {
        await this.#store.put(tilePath(tile), this.#level(tile.level).bytes.subarray(0, tile.width * HASH_BYTES));
      }
    });
  }

  /** Stores full tiles from level 0 up, and hands each one's root to the level above. */
  async #carry(): Promise<void> {
    for (let level = 0; this.#level(level).width === TILE_WIDTH; level += 1) {
      const full = this.#level(level);
      const above = this.#level(level + 1);
      const tile: Tile = { level, index: full.index, width: TILE_WIDTH };
      await this.#store.put(tilePath(tile), full.bytes);
      above.bytes.set(this.#fold(full.bytes, 0, TILE_WIDTH), above.width * HASH_BYTES);
      above.width += 1;
      full.width = 0;
      full.index += 1;
    }
  }

  /** The root of `count` hashes (a power of two) from number `first` on. */
  #fold(bytes: Buffer, first: number, count: number): Uint8Array {
    bytes.copy(this.#scratch, 0, first * HASH_BYTES, (first + count) * HASH_BYTES);
    for (let left = count / 2; left >= 1; left /= 2) {
      for (let node = 0; node < left; node += 1) {
        parentInto(this.#scratch, node * 2 * HASH_BYTES, this.#scratch, node * HASH_BYTES);
      }
    }
    return Uint8Array.from(this.#scratch.subarray(0, HASH_BYTES));
  }

  #level(level: number): EdgeTile {
    return (this.#edge[level] ??= { bytes: Buffer.alloc(FULL), width: 0, index: 0 });
  }

  async #exclusively(work: () => Promise<void>): Promise<void> {
    if (this.#use === 'busy') throw new Error('The tree is being written already: one caller at a time');
    if (this.#use === 'failed')
      throw new Error('The tree failed to be written: open it again at its last settled size');
    this.#use = 'busy';
    try {
      await work();
      this.#use = 'free';
    } finally {
      if (this.#use === 'busy') this.#use = 'failed';
    }
  }
}
