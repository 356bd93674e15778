import { unitSpecDigest } from '../backend/backend-input.js';
import type { ObservedEnvironment, RuntimeBackend } from '../backend/runtime-backend.js';
import { isIntact, unitSpecOf } from './configure.js';
import type { Actual } from './domain/plan.js';
import type { EnvironmentRecord } from './environment-record.js';

/** What is there of an environment, as the plan wants to know it. */
export async function lookAt(backend: RuntimeBackend, record: EnvironmentRecord): Promise<Actual> {
  const observed = await observedOf(backend, record.environment);
  const { configured, reportedGeneration, routed, forwarded, parked } = record;
  const units = observed?.state === 'present' ? observed.units : {};
  const filesIntact = configured !== null && observed?.state === 'present' && (await areIntact(backend, record));
  return {
    environment: observed?.state ?? 'absent',
    units: Object.fromEntries(
      Object.entries(units).map(([name, unit]) => [
        name,
        { state: unit.state, specDigest: unit.state === 'absent' ? null : unit.specDigest },
      ]),
    ),
    configured: configured && {
      generation: configured.generation,
      units: configured.units.map((unit) => ({
        name: unit.name,
        specDigest: unitSpecDigest(unitSpecOf(unit)),
        closedSpecDigest: unitSpecDigest({ ...unitSpecOf(unit), closed: true }),
      })),
      filesIntact,
    },
    reportedGeneration,
    ...{ routed, forwarded },
    parked,
  };
}

async function observedOf(backend: RuntimeBackend, id: string): Promise<ObservedEnvironment | undefined> {
  const seen = await backend.observe();
  if (seen.state === 'cannot-say') return { state: 'cannot-say', id, reason: seen.reason };
  return seen.environments.find((one) => one.id === id);
}

async function areIntact(backend: RuntimeBackend, { environment, configured }: EnvironmentRecord): Promise<boolean> {
  const volume = backend.volume(environment, '');
  for (const file of configured?.files ?? []) if (!(await isIntact(volume, file))) return false;
  return true;
}
