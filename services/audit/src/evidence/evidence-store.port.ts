import { type Checkpoint, parseCheckpoint, parseNote, type TileStore } from '@freehold/evidence';
import { z } from 'zod';

/**
 * Where the evidence lies: tiles, which are derived from the log and may be lost, and every checkpoint that was signed, which
 * may not: it is what this provider has said to others. All replicas of the audit share it.
 */
export interface EvidenceStore {
  readonly tiles: TileStore;
  /** What was signed last; null before the first. Of the leader, never of a lagging replica. */
  last(): Promise<KeptCheckpoint | null>;
  /** Keeps one more, if the last one still has this revision (0: there is none). Null: it has not, nothing is kept. */
  keep(checkpoint: CheckpointRecord, revision: number): Promise<number | null>;
}

/** `volumes`: the first leaf of each volume of the log, from the first on. */
export const CheckpointRecord = z.object({
  /** The signed note, with the cosignatures that there are. */
  note: z.string(),
  volumes: z.array(z.int().nonnegative()),
});
export type CheckpointRecord = z.infer<typeof CheckpointRecord>;

export interface KeptCheckpoint extends CheckpointRecord {
  /** What the note says. */
  checkpoint: Checkpoint;
  revision: number;
}

/** @throws Error when what was kept is no checkpoint. */
export function keptCheckpoint(record: unknown, revision: number): KeptCheckpoint {
  const { note, volumes } = CheckpointRecord.parse(record);
  const parsed = parseNote(note);
  const checkpoint = parsed.kind === 'read' ? parseCheckpoint(parsed.value.text) : parsed;
  if (checkpoint.kind === 'read') return { note, volumes, checkpoint: checkpoint.value, revision };
  throw new Error(`The checkpoint number ${revision} that was kept is none`, { cause: checkpoint.findings });
}
