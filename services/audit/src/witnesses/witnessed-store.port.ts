import type { WitnessState } from '@freehold/evidence';

/** What was cosigned last of each log. It must not be lost: a witness that forgets can be shown another history. */
export interface WitnessedStore {
  last(origin: string): Promise<{ state: WitnessState; revision: number } | null>;
  /** Null: something else was cosigned since `revision` (0: nothing before). `text` is the checkpoint's. */
  keep(origin: string, state: WitnessState & { text: string }, revision: number): Promise<number | null>;
  /** A signed checkpoint that contradicts what was cosigned. */
  keepEvidence(origin: string, note: string): Promise<void>;
}
