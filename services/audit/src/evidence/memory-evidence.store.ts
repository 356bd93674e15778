import { memoryTiles } from '@freehold/evidence';
import { type CheckpointRecord, type EvidenceStore, keptCheckpoint } from './evidence-store.port.js';

/** The evidence in memory, for tests. `tiles.tiles` and `kept` show it. */
export function memoryEvidence() {
  const kept: CheckpointRecord[] = [];
  const store = {
    tiles: memoryTiles(),
    kept,
    last: async () => (kept.length === 0 ? null : keptCheckpoint(kept.at(-1), kept.length)),
    keep: async (checkpoint: CheckpointRecord, revision: number) =>
      revision === kept.length ? kept.push(checkpoint) : null,
  };
  return store satisfies EvidenceStore;
}
