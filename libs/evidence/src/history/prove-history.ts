import type { Position } from '@freehold/kernel';
import type { TreeReader } from '../tree/tree-reader.js';
import { formatHistoryProof } from './history-proof.js';

/** Where a commit stands: the number of its leaf, from 0. */
export interface CommitPlace {
  position: Position;
  index: number;
}

/** `history.proof` for commits that the checkpoint covers, in the order of positions; `size` is the checkpoint's. */
export async function proveHistory(
  tree: TreeReader,
  places: readonly CommitPlace[],
  { size, note }: { size: number; note: string },
): Promise<string> {
  const commits = [];
  for (const { position, index } of places) {
    commits.push({ position, index, proof: await tree.inclusionProof(index, size) });
  }
  return formatHistoryProof({ commits, checkpoint: note });
}
