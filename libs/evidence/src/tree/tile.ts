import { HASH_BYTES } from './tree-hash.js';

/** Hashes in a full tile, and its height in levels of the binary tree. */
export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;
const LAST_LEVEL = 63;

/** `width` hashes (1 to 256) of tile level `level`, from the hash `index * 256` of that level on. */
export interface Tile {
  level: number;
  index: number;
  width: number;
}

/** `tile/<L>/<N>[.p/<W>]` below the log's prefix, N in groups of three digits: `tile/0/x001/x234/067.p/8`. */
export function tilePath({ level, index, width }: Tile): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/.{3}/g) ?? [];
  const number = groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join('/');
  return `tile/${level}/${number}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

const PATH = /^tile\/(0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** The tile that a path names; null when it names none, or in another spelling than {@link tilePath}'s. */
export function parseTilePath(path: string): Tile | null {
  const [, level, number, width] = PATH.exec(path) ?? [];
  if (level === undefined || number === undefined) return null;
  const tile = {
    level: Number(level),
    index: Number(number.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  const valid = tile.level <= LAST_LEVEL && Number.isSafeInteger(tile.index);
  return valid && tilePath(tile) === path ? tile : null;
}

/** How many hashes tile level `level` has in a tree of `size` leaves. */
export const levelWidth = (size: number, level: number): number => Math.floor(size / TILE_WIDTH ** level);

/** The tile that holds hash number `hashIndex` of a level, as wide as a tree of `size` leaves has it. */
export function tileAt(level: number, hashIndex: number, size: number): Tile {
  const index = Math.floor(hashIndex / TILE_WIDTH);
  return { level, index, width: Math.min(TILE_WIDTH, levelWidth(size, level) - index * TILE_WIDTH) };
}

/** The partial tiles of a tree of `size` leaves, from level 0 up; none where a level ends with a full tile. */
export function partialTiles(size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0; levelWidth(size, level) > 0; level += 1) {
    const hashes = levelWidth(size, level);
    const width = hashes % TILE_WIDTH;
    if (width > 0) tiles.push({ level, index: Math.floor(hashes / TILE_WIDTH), width });
  }
  return tiles;
}

export const tileBytes = ({ width }: Tile): number => width * HASH_BYTES;
