import type { Finding } from '@freehold/kernel';
import { MerkleTree } from '../tree/merkle-tree.js';
import type { TileStore } from '../tree/tile-store.port.js';
import { sameHash } from '../tree/tree-hash.js';
import { trustedLeaves } from '../tree/trusted-leaves.js';
import { commitLeafHashes, leafProblem, type LoggedCommit } from './commit-leaf.js';
import { CopyComparison, type Volume } from './copy-comparison.js';

/**
 * A copy of the whole log, from anywhere, against one checkpoint that somebody kept. The checkpoint alone says whether the copy
 * is right; to say *where* it is not takes the log's tiles, from anywhere too: they are checked against the same checkpoint.
 */
export interface CopyClaim {
  /** From the log's first commit on, in order. Read once, and again when something is wrong. */
  commits: () => AsyncIterable<LoggedCommit>;
  /** Whose signature was verified ({@link openCheckpoint}). */
  checkpoint: { size: number; root: Uint8Array };
  tiles?: TileStore;
  /**
   * How many commits each volume but the last has. By default as many as the copy has: then a cut at the end of such a
   * volume makes all that follows look changed. Not trusted: a leaf has its position in it.
   */
  volumes?: readonly Volume[];
}

export interface VerifiedCopy {
  /** Empty: the first `leaves` commits of the copy are those of the checkpoint, byte for byte, with their times, all of them. */
  findings: readonly Finding[];
  /** Of the checkpoint. What the copy has beyond them was logged later, and nothing is said of it. */
  leaves: number;
}

const BATCH = 256;

export async function verifyCopy({ commits, checkpoint, tiles, volumes }: CopyClaim): Promise<VerifiedCopy> {
  const { size, root } = checkpoint;
  const copied = await rootOfCopy(commits(), size);
  if (copied !== null && sameHash(copied, root)) return { findings: [], leaves: size };
  const leaves = tiles === undefined ? null : await trustedLeaves(tiles, checkpoint);
  if (leaves === null) return { findings: [changed(size, tiles !== undefined)], leaves: size };
  const comparison = new CopyComparison({ size, leaves, volumes: volumes ?? [] });
  for await (const commit of commits()) await comparison.add(commit);
  return { findings: await comparison.findings(), leaves: size };
}

/** The root of the first `size` commits; null when there are fewer, or one of them is none. */
async function rootOfCopy(commits: AsyncIterable<LoggedCommit>, size: number): Promise<Uint8Array | null> {
  const tree = await MerkleTree.open({ get: () => Promise.resolve(null), put: () => Promise.resolve() });
  let batch: LoggedCommit[] = [];
  const flush = async (): Promise<void> => {
    await tree.append(commitLeafHashes(batch));
    batch = [];
  };
  for await (const commit of commits) {
    if (tree.size + batch.length >= size) break;
    if (leafProblem(commit) !== null) return null;
    batch.push(commit);
    if (batch.length === BATCH) await flush();
  }
  await flush();
  return tree.size === size ? tree.root() : null;
}

const changed = (size: number, withTiles: boolean): Finding => ({
  pointer: '',
  code: 'log-changed',
  detail: `The copy is not the log of which the checkpoint has ${size} commits: something was changed, removed, added or moved.`,
  hint: withTiles
    ? 'The tiles do not belong to this checkpoint either. Take them from somewhere else to learn where the copy differs.'
    : 'Give the log’s tiles, too, to learn where it differs.',
});
