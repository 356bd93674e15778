import type { Finding } from '@freehold/kernel';
import type { TileStore } from '../tree/tile-store.port.js';
import { levelWidth, type Tile, TILE_WIDTH, tileAt, tilePath } from '../tree/tile.js';
import { sameHash } from '../tree/tree-hash.js';
import { type TrustedTiles, trustedTiles } from '../tree/trusted-tiles.js';
import { parseCommitLeaf } from '../history/parse-leaf.js';
import { Alignment, type Difference } from './alignment.js';
import { positionAt } from './commit-names.js';
import { copiedBundle, copiedTiles, type CopyFiles, entriesOf, widestBundle } from './copy-files.js';
import {
  bounded,
  cutOff,
  differenceFinding,
  foreignCheckpoint,
  notGoneOn,
  signedTwice,
  unplaceable,
  wrongBundle,
  wrongTile,
} from './copy-findings.js';
import { disagreeingFiles } from './file-agreement.js';
import { looseEntries } from './loose-entries.js';
import { type ReadCopy, readThrough } from './read-through.js';

/**
 * A copy of the whole log against a checkpoint that somebody kept.
 *
 *     entries ─ one reading ─► roots ── all right ───────────────────────────────► nothing found
 *                  │             └── not ─► trusted tiles (checked up to the root) ─► alignment ─► positions
 *                  └─► tiles that the entries give, beside those of the copy
 *
 * The checkpoint alone says whether the copy is right. *Where* it is not, tiles say: of each place the copy's own, or the one
 * that its entries give, whichever fits the checkpoint. So neither has to be whole.
 */
export interface CopyClaim {
  files: CopyFiles;
  /** Whose signature was verified (`openCheckpoint`). */
  kept: TreeHead;
  /** The copy's own, whose signature was verified too: then what was logged after the kept one is judged as well. */
  own?: TreeHead | undefined;
  /** Tiles of the log from elsewhere, to name places when those of the copy were changed with it. Not trusted either. */
  tiles?: CopyFiles | undefined;
  onBundle?: ((bundle: { index: number; bytes: number }) => void) | undefined;
}

export interface TreeHead {
  size: number;
  root: Uint8Array;
}

export interface VerifiedCopy {
  /** Empty: every byte of the copy's commits, with their times, and of its tiles is what the checkpoints were signed for. */
  findings: readonly Finding[];
  /** How many commits were compared: those of the larger checkpoint. */
  leaves: number;
}

const MAX_FINDINGS = 200;
/** No root. */
const NONE = new Uint8Array();

interface Comparison {
  files: CopyFiles;
  stores: readonly Pick<TileStore, 'get'>[];
  read: ReadCopy;
  /** The smaller head first; twice the same if there is one. */
  heads: readonly [TreeHead, TreeHead];
}

export async function verifyCopy({ files, kept, own = kept, tiles, onBundle }: CopyClaim): Promise<VerifiedCopy> {
  const heads: [TreeHead, TreeHead] = own.size < kept.size ? [own, kept] : [kept, own];
  const sizes = [...new Set(heads.map(({ size }) => size))];
  const read = await readThrough(files, { sizes, onBundle });
  const isRight = heads.every(({ size, root }) => sameHash(read.roots.get(size) ?? NONE, root));
  const isWhole = isRight && read.brokenBundles.length === 0 && read.otherTiles.length === 0;
  const stores = [...(tiles === undefined ? [] : [tiles]), files].map(copiedTiles);
  const findings = [
    ...(isWhole ? [] : await placed({ files, stores: [...stores, read.derived], read, heads }, kept, own)),
    ...(await disagreeingFiles(files)),
  ];
  return { findings: bounded(findings, MAX_FINDINGS), leaves: heads[1].size };
}

/** Everything that is wrong, by its place as far as tiles of a checkpoint are to be had. */
async function placed(comparison: Comparison, kept: TreeHead, own: TreeHead): Promise<Finding[]> {
  const [small, large] = comparison.heads;
  const all = await trustedOf(comparison, large);
  const first = await all?.root(small.size);
  if (all !== null && first !== null && first !== undefined) {
    if (sameHash(first, small.root)) return compared(comparison, all, large.size);
    const tiles = await trustedOf(comparison, kept);
    const differences = tiles === null ? [] : await compared(comparison, tiles, kept.size);
    return [signedTwice(kept.size, own.size), ...differences];
  }
  const some = await trustedOf(comparison, small);
  const placeless = async ({ size }: TreeHead) => [unplaceable(size), ...(await cutAt(comparison, size))];
  if (some === null && large === kept) return placeless(kept);
  const before = some === null ? await placeless(small) : await compared(comparison, some, small.size);
  return [...before, ...(large === own ? [foreignCheckpoint(own.size)] : await placeless(kept))];
}

const trustedOf = ({ stores }: Comparison, head: TreeHead): Promise<TrustedTiles | null> => trustedTiles(stores, head);

async function compared({ files, read }: Comparison, tiles: TrustedTiles, size: number): Promise<Finding[]> {
  const { differences, ended } = await new Alignment(files, tiles, { size, bundles: read.bundles }).differences();
  const suspects = [...differences.flatMap(({ leaf }) => tilesAbove(leaf, size)), ...read.otherTiles];
  return [
    ...differences.map(differenceFinding),
    ...(ended ? [] : [notGoneOn()]),
    ...(await wrongBundles(files, { size, broken: read.brokenBundles, differences })),
    ...(await wrongTiles(files, { tiles, size, suspects })),
  ];
}

/** What is wrong with a bundle although no commit in it is. */
async function wrongBundles(
  files: CopyFiles,
  { size, broken, differences }: { size: number; broken: readonly number[]; differences: readonly Difference[] },
): Promise<Finding[]> {
  const named = new Set(differences.map(({ leaf }) => Math.floor(leaf / TILE_WIDTH)));
  const findings: Finding[] = [];
  for (const index of broken) {
    if (named.has(index) || index * TILE_WIDTH >= size) continue;
    const bundle = tileAt(0, index * TILE_WIDTH, size);
    const file = await copiedBundle(files, bundle);
    if (file !== null && entriesOf(file) === null) findings.push(wrongBundle(bundle));
  }
  return findings;
}

/** The tile that a leaf stands in, and those above it. */
function tilesAbove(leaf: number, size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0, at = leaf; levelWidth(size, level) > at; level += 1, at = Math.floor(at / TILE_WIDTH)) {
    tiles.push(tileAt(level, at, size));
  }
  return tiles;
}

async function wrongTiles(
  files: CopyFiles,
  { tiles, size, suspects }: { tiles: TrustedTiles; size: number; suspects: readonly Tile[] },
): Promise<Finding[]> {
  const copied = copiedTiles(files);
  const places = new Map(suspects.map((tile) => [`${tile.level}/${tile.index}`, tile]));
  const findings: Finding[] = [];
  for (const { level, index } of places.values()) {
    const tile = tileAt(level, index * TILE_WIDTH, size);
    if (tile.width <= 0) continue;
    const right = await tiles.tile(tile);
    const found = await copied.get(tilePath(tile));
    if (right !== null && (found === null || !sameHash(found, right))) findings.push(wrongTile(tile, found !== null));
  }
  return findings;
}

/** Where the copy's entries end, if that is before the checkpoint does. */
async function cutAt({ files, read }: Comparison, size: number): Promise<Finding[]> {
  const index = read.bundles - 1;
  const last = index < 0 ? null : await widestBundle(files, index);
  const entries = last === null ? [] : looseEntries(last);
  const leaves = last === null ? 0 : index * TILE_WIDTH + entries.length;
  if (leaves >= size) return [];
  const position = entries.map(({ bytes }) => parseCommitLeaf(bytes)?.position ?? null).at(-1) ?? null;
  const before = position === null ? null : { leaf: leaves - 1, position };
  return [cutOff(positionAt(leaves, before, null), size - leaves)];
}
