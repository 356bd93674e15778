import type { desireEnvironment } from '@freehold/provisioning-contract';
import type { BodyOf } from '@freehold/kernel';
import type { Deployment } from './deployment.js';

/**
 * What must hold in a deployment's environment because of its state; null: that is a process's matter (an order before
 * it is live, a retirement).
 *
 * @param version the aggregate's: what is older is passed over by the environment.
 */
export function desiredEnvironment(deployment: Deployment, version: number): BodyOf<typeof desireEnvironment> | null {
  if (deployment.status !== 'live' && deployment.status !== 'suspended') return null;
  const { order, prepared, status } = deployment;
  const { environment, application, names, settings, secretSettings } = order;
  return {
    environment,
    revision: version,
    epoch: prepared.epoch,
    want: status === 'live' ? 'running' : 'stopped',
    configuration: {
      application,
      version: order.version,
      digest: order.digest,
      settings,
      secretSettings,
      secrets: [...(prepared.secrets ?? [])],
      names: names.map(({ purpose, name }) => ({ purpose, name })),
    },
  };
}
