import type { DesiredState } from '@freehold/provisioning-contract';
import type { Environment } from './environment.js';

export interface Wanted {
  /** `<host>.<environment>`. */
  key: string;
  /** Null: nothing of it is left, and nobody needs to know of it any longer. */
  state: DesiredState | null;
}

/** What the agent of its host must make true; null: nobody has asked for anything on a host. */
export function desiredStateOf(
  { place, desired, configuredSince, observedGeneration, state }: Environment,
  { operator, id: environment }: { operator: string; id: string },
): Wanted | null {
  if (place === null || desired === null) return null;
  const key = `${place.host}.${environment}`;
  const { generation, epoch, want, configuration, forward = null } = desired;
  if (want === 'absent' && state === 'absent' && observedGeneration >= generation) return { key, state: null };
  const { application = null, version = null, digest = null } = configuration ?? {};
  const { deployment, amounts } = place;
  const release = { application, version, digest };
  const wanted = { operator, environment, deployment, generation, configuredSince, epoch, want, ...release, amounts };
  return { key, state: forward === null ? wanted : { ...wanted, forward } };
}
