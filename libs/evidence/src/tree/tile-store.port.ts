import { type Tile, TILE_WIDTH, tileBytes, tilePath } from './tile.js';

/** Where tiles are kept: bytes by path, as they are served below the log's prefix. */
export interface TileStore {
  /** Null when there is none. What it answers is not trusted by those who verify. */
  get(path: string): Promise<Uint8Array | null>;
  /** Durable when it resolves; a reader sees all of it or nothing. A path that is written again gets the same bytes. */
  put(path: string, bytes: Uint8Array): Promise<void>;
}

/** A tile that must be there is absent, or has another length than its width says. */
export class TileUnreadable extends Error {
  override readonly name = 'TileUnreadable';
  readonly hint = 'Build the tree again from the log: its tiles are derived from it, and come back the same.';

  constructor(
    readonly path: string,
    reason: string,
  ) {
    super(`${path} ${reason}`);
  }
}

/**
 * The bytes of a tile; of the full tile of its place, shortened, if the partial one is gone (tlog-tiles, Partial Tiles).
 *
 * @throws TileUnreadable.
 */
export async function loadTile(store: Pick<TileStore, 'get'>, tile: Tile): Promise<Uint8Array> {
  const path = tilePath(tile);
  const exact = await store.get(path);
  if (exact !== null) return ofLength(exact, tileBytes(tile), path);
  if (tile.width === TILE_WIDTH) throw new TileUnreadable(path, 'is absent');
  const full = { ...tile, width: TILE_WIDTH };
  const wider = await store.get(tilePath(full));
  if (wider === null) throw new TileUnreadable(path, 'is absent, and so is the full tile of its place');
  return ofLength(wider, tileBytes(full), tilePath(full)).subarray(0, tileBytes(tile));
}

function ofLength(bytes: Uint8Array, length: number, path: string): Uint8Array {
  if (bytes.byteLength === length) return bytes;
  throw new TileUnreadable(path, `has ${bytes.byteLength} bytes instead of ${length}`);
}
