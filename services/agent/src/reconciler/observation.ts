import type { UnitObservation } from '@freehold/provisioning-contract';
import type { RuntimeBackend, UnitStatus } from '../backend/runtime-backend.js';
import type { EnvironmentRecord } from './environment-record.js';
import { answers, UnitAgent } from './probes.js';

export type Usage = UnitObservation['usage'];

/** Measuring walks through every file of an environment: once in five minutes is enough, and nobody waits for it. */
export class UsageMemo {
  #at = -Infinity;
  #usage: Usage = null;

  /** What was measured last; `measured` is called when there is something newer. */
  of(backend: RuntimeBackend, environment: string, measured: () => void): Usage {
    if (performance.now() - this.#at < 300_000) return this.#usage;
    this.#at = performance.now();
    void backend.usage(environment).then(
      ({ memoryBytes, diskBytes }) => {
        this.#usage = { memoryBytes, diskBytes };
        measured();
      },
      () => (this.#usage = null), // there is no such environment, or the backend cannot say
    );
    return this.#usage;
  }
}

/** What an environment looks like now; generation and activity are the lane's to add. */
export async function observationOf(
  backend: RuntimeBackend,
  { environment, configured }: EnvironmentRecord,
  measured: () => Usage,
): Promise<Omit<UnitObservation, 'generation' | 'activity'>> {
  const names = configured?.units.map(({ name }) => name) ?? [];
  const units = await Promise.all(names.map(async (name) => seenUnit(name, await backend.status(environment, name))));
  const running = units.length > 0 && units.every(({ state }) => state === 'running');
  const healthy =
    running && configured !== null && (await answers(configured.health.ready, new UnitAgent(backend, environment)));
  return { at: new Date().toISOString(), units, healthy, usage: configured === null ? null : measured() };
}

function seenUnit(name: string, status: UnitStatus): UnitObservation['units'][number] {
  if (status.state !== 'running') return { name, state: status.state, pid: null, since: null };
  return { name, state: 'running', pid: status.pid, since: status.since };
}
