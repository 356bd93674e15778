import { TILE_WIDTH, tilePath } from '../tree/tile.js';

/**
 * The commits themselves beside the tiles: c2sp.org/tlog-tiles v0.1.0, Log Entries. Bundle `index` holds `width` entries from
 * leaf `index * 256` on, each after its length in two bytes, big endian. An entry is what is hashed as the leaf.
 */
export interface EntryBundle {
  index: number;
  /** 1 to 256. */
  width: number;
}

const MAX_ENTRY_BYTES = 0xff_ff;
const LENGTH_BYTES = 2;

/** `tile/entries/<N>[.p/<W>]` below the log's prefix. */
export const entriesPath = (bundle: EntryBundle): string =>
  tilePath({ level: 0, ...bundle }).replace('tile/0/', 'tile/entries/');

/** @throws RangeError for an entry that is too long to be in one. */
export function formatEntries(entries: readonly Uint8Array[]): Uint8Array {
  const parts = entries.flatMap((entry) => {
    if (entry.byteLength > MAX_ENTRY_BYTES) {
      throw new RangeError(`An entry of ${entry.byteLength} bytes does not fit a bundle: at most ${MAX_ENTRY_BYTES}`);
    }
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt16BE(entry.byteLength);
    return [length, entry];
  });
  return Buffer.concat(parts);
}

/** The entries of a bundle, views of it; null unless it ends with the end of one, and has 1 to 256. */
export function splitEntries(bundle: Uint8Array): Uint8Array[] | null {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    if (at + LENGTH_BYTES > bytes.byteLength || entries.length === TILE_WIDTH) return null;
    const end = at + LENGTH_BYTES + bytes.readUInt16BE(at);
    if (end > bytes.byteLength) return null;
    entries.push(bytes.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return entries.length === 0 ? null : entries;
}
