import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HASH_BYTES } from '../tree/tree-hash.js';
import type { TileStore } from '../tree/tile-store.port.js';
import { parseTilePath, TILE_WIDTH, tilePath } from '../tree/tile.js';
import { entriesPath, type EntryBundle, splitEntries } from './entry-bundle.js';

/**
 * A copy of a log as static files, named as c2sp.org/tlog-tiles serves them: `checkpoint`, `tile/<L>/<N>[.p/<W>]` and
 * `tile/entries/<N>[.p/<W>]`. From anywhere: nothing in it is trusted.
 */
export interface CopyFiles {
  get(path: string): Promise<Uint8Array | null>;
  /** The paths below a place with any width, such as `tile/0/001.p`: those that are there. */
  list(folder: string): Promise<readonly string[]>;
}

/** @throws what the file system says, but for what is not there. */
export function folderCopy(folder: string): CopyFiles {
  return {
    get: (path) => orAbsent(readFile(join(folder, path)), null),
    list: async (below) => (await orAbsent(readdir(join(folder, below)), [])).map((name) => `${below}/${name}`),
  };
}

/** Tiles of a copy; one that is narrower than the copy has it is cut from the copy's. */
export const copiedTiles = (files: CopyFiles): Pick<TileStore, 'get'> => ({
  get: async (path) => {
    const exact = await files.get(path);
    const tile = parseTilePath(path);
    if (exact !== null || tile === null || tile.width === TILE_WIDTH) return exact;
    const wider = await firstWider(files, tile.width, (width) => tilePath({ ...tile, width }));
    return wider?.bytes.subarray(0, tile.width * HASH_BYTES) ?? null;
  },
});

/** The file that holds a bundle: of just this width, or wider. */
export async function copiedBundle(files: CopyFiles, bundle: EntryBundle): Promise<CopiedFile | null> {
  const path = entriesPath(bundle);
  const exact = await files.get(path);
  if (exact !== null) return { path, bytes: exact, width: bundle.width };
  return firstWider(files, bundle.width, (width) => entriesPath({ ...bundle, width }));
}

/** The file of a bundle that has most of it. */
export async function widestBundle(files: CopyFiles, index: number): Promise<Uint8Array | null> {
  const full = await files.get(entriesPath({ index, width: TILE_WIDTH }));
  if (full !== null) return full;
  const partial = await partialWidths(files, (width) => entriesPath({ index, width }));
  return partial.length === 0 ? null : files.get(entriesPath({ index, width: Math.max(...partial) }));
}

/**
 * How many bundles a copy has up to its last one, those that are absent included. By its folders, not by the size that a
 * checkpoint says: whoever signs can sign any.
 */
export async function bundlesOfCopy(files: CopyFiles): Promise<number> {
  let bundles = 0;
  const walk = async (folder: string): Promise<void> => {
    for (const path of await files.list(folder)) {
      if (/\/x[0-9]{3}$/.test(path)) await walk(path);
      else {
        const tile = parseTilePath(path.replace(/^tile\/entries\//, 'tile/0/').replace(/\.p$/, ''));
        if (tile !== null) bundles = Math.max(bundles, tile.index + 1);
      }
    }
  };
  await walk('tile/entries');
  return bundles;
}

export interface CopiedFile {
  path: string;
  bytes: Uint8Array;
  /** As its name says. */
  width: number;
}

/** Null unless there are as many as the file's name says. */
export function entriesOf({ bytes, width }: CopiedFile): Uint8Array[] | null {
  const entries = splitEntries(bytes);
  return entries?.length === width ? entries : null;
}

/** The narrowest file that is wider; the full one has a name without a width. */
async function firstWider(
  files: CopyFiles,
  least: number,
  pathOf: (width: number) => string,
): Promise<CopiedFile | null> {
  const wider = (await partialWidths(files, pathOf)).filter((width) => width > least);
  for (const width of [...wider.sort((a, b) => a - b), TILE_WIDTH]) {
    const path = pathOf(width);
    const bytes = await files.get(path);
    if (bytes !== null) return { path, bytes, width };
  }
  return null;
}

async function partialWidths(files: CopyFiles, pathOf: (width: number) => string): Promise<number[]> {
  const partial = await files.list(dirname(pathOf(1)));
  const widths = partial.map((path) => Number(path.slice(path.lastIndexOf('/') + 1)));
  return widths.filter((width) => width > 0 && width < TILE_WIDTH && Number.isInteger(width));
}

/** By shape: the error may come from another realm (Jest). */
async function orAbsent<Found>(reading: Promise<Found>, absent: Found): Promise<Found>;
async function orAbsent<Found, None>(reading: Promise<Found>, absent: None): Promise<Found | None>;
async function orAbsent<Found, None>(reading: Promise<Found>, absent: None): Promise<Found | None> {
  try {
    return await reading;
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') return absent;
    throw error;
  }
}
