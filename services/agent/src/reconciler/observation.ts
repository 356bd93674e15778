import type { UnitObservation } from '@freehold/provisioning-contract';
import type { RuntimeBackend, UnitStatus } from '../backend/runtime-backend.js';
import type { EnvironmentRecord } from './environment-record.js';
import { answers, UnitAgent } from './probes.js';

type Usage = UnitObservation['usage'];

/** Measuring walks through every file of an environment: once in five minutes is enough. */
export class UsageMemo {
  #at = -Infinity;
  #usage: Usage = null;

  async of(backend: RuntimeBackend, environment: string, now = performance.now()): Promise<Usage> {
    if (now - this.#at < 300_000) return this.#usage;
    this.#at = now;
    this.#usage = await backend.usage(environment).then(
      ({ memoryBytes, diskBytes }) => ({ memoryBytes, diskBytes }),
      () => null, // there is no such environment, or the backend cannot say
    );
    return this.#usage;
  }
}

/** What an environment looks like now; generation and activity are the lane's to add. */
export async function observationOf(
  backend: RuntimeBackend,
  { environment, configured }: EnvironmentRecord,
  usage: UsageMemo,
): Promise<Omit<UnitObservation, 'generation' | 'activity'>> {
  const names = configured?.units.map(({ name }) => name) ?? [];
  const units = await Promise.all(names.map(async (name) => seenUnit(name, await backend.status(environment, name))));
  const running = units.length > 0 && units.every(({ state }) => state === 'running');
  const healthy =
    running && configured !== null && (await answers(configured.health.ready, new UnitAgent(backend, environment)));
  const measured = configured === null ? null : await usage.of(backend, environment);
  return { at: new Date().toISOString(), units, healthy, usage: measured };
}

function seenUnit(name: string, status: UnitStatus): UnitObservation['units'][number] {
  if (status.state !== 'running') return { name, state: status.state, pid: null, since: null };
  return { name, state: 'running', pid: status.pid, since: status.since };
}
