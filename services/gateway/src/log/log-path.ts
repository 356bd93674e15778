import { parseTilePath, TILE_WIDTH } from '@freehold/evidence';

/** What c2sp.org/tlog-tiles serves below the log's prefix. `first` and `count` are leaves. */
export type LogPath = { kind: 'tile'; path: string; full: boolean } | { kind: 'entries'; first: number; count: number };

const ENTRIES = 'tile/entries/';

/** `path` as it stands below `/log/`. Null: it is none, or in another spelling. */
export function logPathOf(path: string): LogPath | null {
  const ofEntries = path.startsWith(ENTRIES);
  const tile = parseTilePath(ofEntries ? `tile/0/${path.slice(ENTRIES.length)}` : path);
  if (tile === null) return null;
  if (!ofEntries) return { kind: 'tile', path, full: tile.width === TILE_WIDTH };
  const first = tile.index * TILE_WIDTH;
  return Number.isSafeInteger(first + TILE_WIDTH) ? { kind: 'entries', first, count: tile.width } : null;
}
