import type { TileStore } from './tile-store.port.js';

/** Tiles in memory, for a tree that is needed once: a verification, a test. `tiles` shows them by path. */
export function memoryTiles(): TileStore & { readonly tiles: Map<string, Uint8Array> } {
  const tiles = new Map<string, Uint8Array>();
  return {
    tiles,
    get: (path) => Promise.resolve(tiles.get(path) ?? null),
    put: (path, bytes) => {
      tiles.set(path, Uint8Array.from(bytes));
      return Promise.resolve();
    },
  };
}
