import {
  commitLeafHash,
  commitLeafHashes,
  HASH_BYTES,
  loadTile,
  MerkleTree,
  readTree,
  sameHash,
  TILE_WIDTH,
  tileAt,
  TileUnreadable,
  type TileStore,
} from '@freehold/evidence';
import type { Position } from '@freehold/kernel';
import type { Log, RawCommit } from '@freehold/log';
import type { KeptCheckpoint } from './evidence-store.port.js';
import { LeafPlaces } from './leaf-places.js';

/** The log is not the one that was signed: nothing is signed any more, and nothing mends it. */
export class LogContradicted extends Error {
  override readonly name = 'LogContradicted';
  readonly hint =
    'Keep everything as it is: log, tiles, checkpoints. Find out who changed the log; a restored cell begins a new incarnation.';
}

/** The tree of the log as it is built: leaves wait in memory until there is a tile of them. One caller of `flush` at a time. */
export class LogTree {
  readonly #tree: MerkleTree;
  readonly #places: LeafPlaces;
  #waiting = Buffer.alloc(TILE_WIDTH * HASH_BYTES);
  #count = 0;
  #size: number;

  private constructor(tree: MerkleTree, places: LeafPlaces) {
    this.#tree = tree;
    this.#places = places;
    this.#size = tree.size;
  }

  static async empty(tiles: TileStore): Promise<LogTree> {
    return new LogTree(await MerkleTree.open(tiles), new LeafPlaces());
  }

  /** As it was signed. Null when the tiles do not give its root, or are gone. */
  static async at({ checkpoint, volumes }: KeptCheckpoint, tiles: TileStore): Promise<LogTree | null> {
    try {
      const tree = await MerkleTree.open(tiles, checkpoint.size);
      return sameHash(tree.root(), checkpoint.root) ? new LogTree(tree, new LeafPlaces(volumes)) : null;
    } catch (error) {
      if (error instanceof TileUnreadable) return null;
      throw error;
    }
  }

  /** Leaves, those that wait included. */
  get size(): number {
    return this.#size;
  }

  get volumes(): readonly number[] {
    return this.#places.firsts;
  }

  /** The last commit that it has. */
  get position(): Position {
    return this.#places.positionOf(this.size - 1);
  }

  /** Which leaf it is; null: it does not have it. */
  leafOf(position: Position): number | null {
    return this.#places.leafOf(position, this.size);
  }

  /** True: a tile of leaves waits, `flush` before the next one. @throws LogContradicted at a gap. */
  add(commit: RawCommit): boolean {
    if (!this.#places.follows(commit.position, this.size)) {
      throw new LogContradicted(`${commit.position} does not follow ${this.position}: the log has a gap`);
    }
    this.#waiting.set(commitLeafHash(commit), this.#count * HASH_BYTES);
    this.#count += 1;
    this.#size += 1;
    return this.#count === TILE_WIDTH;
  }

  async flush(): Promise<void> {
    const leaves = this.#waiting.subarray(0, this.#count * HASH_BYTES);
    this.#waiting = Buffer.alloc(TILE_WIDTH * HASH_BYTES);
    this.#count = 0;
    await this.#tree.append(leaves);
  }

  /** Everything into the store. Root, size and volumes of that moment: what a checkpoint is made of. */
  async settle(): Promise<{ size: number; root: Uint8Array; volumes: number[] }> {
    await this.flush();
    await this.#tree.settle();
    const size = this.#tree.size;
    // Leaves may have come meanwhile, and a volume with them: it begins beyond this size.
    return { size, root: this.#tree.root(), volumes: this.#places.firsts.filter((first) => first < size) };
  }
}

/**
 * That the log begins with exactly the commits that were signed, read from its beginning: what a tree is built again on.
 *
 * @throws LogContradicted
 */
export async function verifyLog(log: Log, { checkpoint, volumes }: KeptCheckpoint): Promise<void> {
  const { size, root } = checkpoint;
  const tree = await LogTree.empty({ get: async () => null, put: async () => undefined });
  const last = new LeafPlaces(volumes).positionOf(size - 1);
  for await (const commit of log.rangeRaw('1:0', last)) if (tree.add(commit)) await tree.flush();
  if (tree.size !== size) {
    throw new LogContradicted(`The log has ${tree.size} commits up to ${last}; ${size} were signed`);
  }
  if (!sameHash((await tree.settle()).root, root)) {
    throw new LogContradicted(`The first ${size} commits of the log are not those that were signed`);
  }
}

/**
 * That the newest commits that were signed, those of the last tile, stand in the log still: sees a log that was cut or
 * replaced while nobody looked, at once. The whole is what `freehold audit verify` looks at.
 *
 * @throws LogContradicted naming the first that differs
 */
export async function verifyNewest(log: Log, { checkpoint, volumes }: KeptCheckpoint, tiles: TileStore): Promise<void> {
  const { size } = checkpoint;
  const places = new LeafPlaces(volumes);
  const tile = tileAt(0, size - 1, size);
  const known = await loadTile(tiles, tile);
  const first = tile.index * TILE_WIDTH;
  const [after, last] = [places.positionOf(first - 1), places.positionOf(size - 1)];
  let leaf = first;
  for await (const commit of log.rangeRaw(after, last)) {
    const at = (leaf - first) * HASH_BYTES;
    const same = sameHash(commitLeafHashes([commit]), known.subarray(at, at + HASH_BYTES));
    if (!same || places.leafOf(commit.position, size) !== leaf) {
      throw new LogContradicted(`The commit at ${places.positionOf(leaf)} is not the one that was signed`);
    }
    leaf += 1;
  }
  if (leaf < size)
    throw new LogContradicted(`The log ends before ${places.positionOf(leaf)}; commits up to ${last} were signed`);
}

/** The tree in the store begins with what was signed. */
export async function continues(tiles: TileStore, size: number, { checkpoint }: KeptCheckpoint): Promise<boolean> {
  return sameHash(await readTree(tiles, size).root(checkpoint.size), checkpoint.root);
}
