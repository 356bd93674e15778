import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Finding } from '@freehold/kernel';
import { type Read, read, refused } from '../read.js';
import { levelWidth, partialTiles, type Tile, TILE_WIDTH, tileAt, tilePath } from '../tree/tile.js';
import { sameHash } from '../tree/tree-hash.js';
import { type TrustedTiles, trustedTiles } from '../tree/trusted-tiles.js';
import { folderCopy } from './copy-files.js';
import { entriesPath } from './entry-bundle.js';
import { writeWhole } from './whole-file.js';
import { type LogFiles, rightBundle } from './right-bundle.js';
import type { TreeHead } from './verify-copy.js';

/**
 * Fetches a log into a folder, in the form in which logs are served.
 *
 *     checkpoint ─► tiles that lead to it ─► does it continue the copy? ─► bundles, each compared before it is written
 *                                                                    └► tiles ─► the checkpoint, last
 *
 * - What a finished copy holds is never written again. Whatever died begins again behind the last checkpoint: files that are
 *   there already and right are kept.
 * - The log is not trusted: what does not lead to its own checkpoint is not written, and named.
 */
export interface FetchClaim {
  log: LogFiles;
  folder: string;
  /** Of the log, and as it was published. */
  head: TreeHead & { note: string };
  /** The head of the copy that is there; null: there is none. */
  before: TreeHead | null;
  onBundle?: ((bundle: { bytes: number; fetched: boolean }) => void) | undefined;
}

export async function fetchCopy({ log, folder, head, before, onBundle }: FetchClaim): Promise<Read<TreeHead>> {
  const tiles = await trustedTiles([log], head);
  if (tiles === null) return refused(notLeading(head.size));
  const from = before?.size ?? 0;
  if (before !== null && !(await continues(tiles, before))) return refused(rewritten(from, head.size));
  for (let index = Math.floor(from / TILE_WIDTH); from < head.size && index * TILE_WIDTH < head.size; index += 1) {
    const leaves = tileAt(0, index * TILE_WIDTH, head.size);
    const known = await rightBundle(folderCopy(folder), tiles, leaves);
    const bundle = known.kind === 'read' ? known : await rightBundle(log, tiles, leaves);
    if (bundle.kind === 'refused') return bundle;
    await writeWhole(join(folder, entriesPath(leaves)), bundle.value.bytes);
    await writeWhole(join(folder, tilePath(leaves)), bundle.value.tile);
    onBundle?.({ bytes: bundle.value.bytes.byteLength, fetched: known.kind === 'refused' });
  }
  for (const tile of upperTiles(from, head.size)) {
    const bytes = await tiles.tile(tile);
    if (bytes === null) return refused(notLeading(head.size));
    await writeWhole(join(folder, tilePath(tile)), bytes);
  }
  await writeWhole(join(folder, 'checkpoint'), Buffer.from(head.note));
  await removeNarrower(folder, { from, size: head.size });
  return read({ size: head.size, root: head.root });
}

async function continues(tiles: TrustedTiles, before: TreeHead): Promise<boolean> {
  const root = await tiles.root(before.size);
  return root !== null && sameHash(root, before.root);
}

/** Tiles above the leaves that a tree of `from` leaves has not, or not so wide. */
function* upperTiles(from: number, size: number): Generator<Tile> {
  for (let level = 1; levelWidth(size, level) > 0; level += 1) {
    const first = Math.floor(levelWidth(from, level) / TILE_WIDTH);
    for (let index = first; index * TILE_WIDTH < levelWidth(size, level); index += 1) {
      yield tileAt(level, index * TILE_WIDTH, size);
    }
  }
}

/** Partial files of the copy as it was, in whose place there are wider ones now. */
async function removeNarrower(folder: string, { from, size }: { from: number; size: number }): Promise<void> {
  if (from === size) return;
  const needed = new Set(partialTiles(size).map(tilePath));
  for (const tile of partialTiles(from)) {
    if (needed.has(tilePath(tile))) continue;
    for (const path of [tilePath(tile), ...(tile.level === 0 ? [entriesPath(tile)] : [])]) {
      await rm(join(folder, path), { force: true });
      // Unless other widths are still there.
      await rmdir(dirname(join(folder, path))).catch(() => undefined);
    }
  }
}

const notLeading = (size: number): Finding => ({
  pointer: '/tile',
  code: 'tiles-wrong',
  detail: `The tiles of the log do not lead to its checkpoint of ${size} commits.`,
  hint: 'Try again later; if it stays so, keep the checkpoint and tell the provider.',
});

const rewritten = (before: number, now: number): Finding => ({
  pointer: '/checkpoint',
  code: 'log-rewritten',
  detail: `The log of ${now} commits does not continue the ${before} that the copy has: it was rewritten.`,
  hint: 'Keep the copy as it is; its checkpoint and the new one, both signed, are the proof.',
});
