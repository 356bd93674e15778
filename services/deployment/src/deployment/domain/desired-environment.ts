import type { BodyOf } from '@freehold/kernel';
import type { desireEnvironment, EnvironmentConfiguration } from '@freehold/provisioning-contract';
import type { Deployment, Ordered, Prepared } from './deployment.js';

/**
 * What must hold in a deployment's environment because of its state; null: that is a process's matter (an order before
 * it is live, a retirement).
 *
 * @param version the aggregate's: what is older is passed over by the environment.
 */
export function desiredEnvironment(deployment: Deployment, version: number): BodyOf<typeof desireEnvironment> | null {
  if (deployment.status !== 'live' && deployment.status !== 'suspended') return null;
  const { order, prepared, status } = deployment;
  return {
    environment: order.environment,
    revision: version,
    epoch: prepared.epoch,
    want: status === 'live' ? 'running' : 'stopped',
    configuration: configurationOf(deployment),
  };
}

/** What it is started with. */
export function configurationOf({ order, prepared }: { order: Ordered; prepared: Prepared }): EnvironmentConfiguration {
  const { application, version, digest, names, settings, secretSettings } = order;
  return {
    ...{ application, version, digest, settings, secretSettings },
    secrets: [...(prepared.secrets ?? [])],
    names: names.map(({ purpose, name }) => ({ purpose, name })),
  };
}
