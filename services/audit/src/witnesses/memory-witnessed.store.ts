import type { WitnessState } from '@freehold/evidence';
import type { WitnessedStore } from './witnessed-store.port.js';

/** In memory, for tests. `evidence` shows what was kept of logs that contradict themselves. */
export function memoryWitnessed() {
  const states = new Map<string, { state: WitnessState; revision: number }>();
  const evidence: string[] = [];
  const store = {
    evidence,
    last: async (origin: string) => states.get(origin) ?? null,
    keep: async (origin: string, { size, root }: WitnessState, revision: number) => {
      if ((states.get(origin)?.revision ?? 0) !== revision) return null;
      states.set(origin, { state: { size, root }, revision: revision + 1 });
      return revision + 1;
    },
    keepEvidence: async (_origin: string, note: string) => void evidence.push(note),
  };
  return store satisfies WitnessedStore;
}
