import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../copy/whole-file.js';
import { parseTilePath } from './tile.js';
import type { TileStore } from './tile-store.port.js';

/**
 * Tiles as files below `folder`, with the names under which they are served, so that any web server can serve them.
 * Written beside their name, synced, renamed; a crash leaves `<name>.new`, which the next writing of that tile replaces.
 * One writer at a time.
 */
export function folderTiles(folder: string): TileStore {
  return {
    get: async (path) => {
      try {
        return await readFile(placeOf(folder, path));
      } catch (cause) {
        if (isAbsent(cause)) return null;
        throw cause;
      }
    },
    put: async (path, bytes) => {
      await writeWhole(placeOf(folder, path), bytes);
    },
  };
}

function placeOf(folder: string, path: string): string {
  if (parseTilePath(path) === null) throw new RangeError(`"${path}" is not the path of a tile, such as tile/0/000.p/3`);
  return join(folder, path);
}

/** By shape: the error may come from another realm (Jest). ENOTDIR: a folder of the path is a file. */
const isAbsent = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  (error.code === 'ENOENT' || error.code === 'ENOTDIR');
