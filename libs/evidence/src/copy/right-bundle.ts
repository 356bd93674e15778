import type { Finding } from '@freehold/kernel';
import { parseCommitLeaf } from '../history/parse-leaf.js';
import { type Read, read, refused } from '../read.js';
import { tilePath, TILE_WIDTH } from '../tree/tile.js';
import { HASH_BYTES, leafHash, sameHash } from '../tree/tree-hash.js';
import type { TrustedTiles } from '../tree/trusted-tiles.js';
import { entriesPath, type EntryBundle, formatEntries, splitEntries } from './entry-bundle.js';

/** The entries of a bundle, each of which is the leaf that the tree has there. */
export interface RightBundle {
  entries: readonly Uint8Array[];
  /** The bundle as a file. */
  bytes: Uint8Array;
  /** The tile of leaf hashes beside it. */
  tile: Uint8Array;
}

/** Files of a log by path, from wherever: nothing that it answers is trusted. */
export interface LogFiles {
  get(path: string): Promise<Uint8Array | null>;
}

/** A bundle from a log, compared with tiles that are trusted. A log that has grown since may have the full one only. */
export async function rightBundle(
  files: LogFiles,
  tiles: TrustedTiles,
  bundle: EntryBundle,
): Promise<Read<RightBundle>> {
  const path = entriesPath(bundle);
  const tile = await tiles.tile({ level: 0, ...bundle });
  if (tile === null)
    return refused(wrong(tilePath({ level: 0, ...bundle }), 'or a tile above it does not lead to the checkpoint'));
  const bytes = (await files.get(path)) ?? (await files.get(entriesPath({ ...bundle, width: TILE_WIDTH })));
  if (bytes === null) return refused(wrong(path, 'is missing'));
  const entries = splitEntries(bytes)?.slice(0, bundle.width);
  if (entries?.length !== bundle.width) return refused(wrong(path, 'is no bundle of so many commits'));
  const findings = entries.flatMap((entry, at) => {
    const wanted = tile.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    return sameHash(leafHash(entry), wanted) ? [] : [changed(entry, bundle.index * TILE_WIDTH + at)];
  });
  return findings.length > 0 ? refused(...findings) : read({ entries, bytes: formatEntries(entries), tile });
}

function changed(entry: Uint8Array, leaf: number): Finding {
  const position = parseCommitLeaf(entry)?.position;
  return {
    pointer: position === undefined ? `/leaves/${leaf}` : `/commits/${position}`,
    code: 'commit-changed',
    detail: `Commit number ${leaf + 1} of the log${position === undefined ? '' : `, said to be ${position},`} is not what the checkpoint was signed for.`,
    hint: 'Keep the checkpoint: it and this commit are proof that the log is not what was signed. Ask the provider.',
  };
}

const wrong = (path: string, why: string): Finding => ({
  pointer: `/${path}`,
  code: 'log-file-wrong',
  detail: `${path} ${why}.`,
  hint: 'Try again later; if it stays so, keep the checkpoint and tell the provider.',
});
