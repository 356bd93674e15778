import { DeploymentObserved, type DeploymentRecorded } from '@freehold/deployment-contract';
import { openedText } from '@freehold/kernel';
import { Observations, type Resource, VAULT, Views } from '@freehold/platform';
import { originOfName, type UnitObservation } from '@freehold/provisioning-contract';
import type { Vault } from '@freehold/vault';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { withoutSecrets } from '../domain/setting-patch.js';
import { deploymentProjection, type DeploymentRow, deploymentView } from './deployment.view.js';
import { hostRouterView } from './host-router.view.js';

type Recorded = z.infer<typeof DeploymentRecorded>;
type Observed = z.infer<typeof DeploymentObserved>;

/** The row comes opened: enciphered values are texts now. */
export function deploymentRecorded(
  { names, settings, departure: _departure, ...row }: DeploymentRow,
  operator: string,
): Recorded {
  return {
    ...row,
    operator,
    names: names.map(({ purpose, name }) => ({ purpose, name: openedText(name) })),
    settings: withoutSecrets(settings),
  };
}

/** A deployment as it is shown: what is recorded, and what the agent of its host saw last. */
@Injectable()
export class DeploymentResource implements Resource<DeploymentRow, Recorded, Observed> {
  readonly view = deploymentView;
  readonly projection = deploymentProjection;
  readonly recorded = deploymentRecorded;

  constructor(
    @Inject(Observations) private readonly observations: Observations<UnitObservation>,
    @Inject(Views) private readonly views: Views,
    @Inject(VAULT) private readonly vault: Vault,
  ) {}

  /** Null until an agent has seen it. */
  async observed({ host, environment, names }: DeploymentRow, operator: string): Promise<Observed | null> {
    const seen = host === null ? null : await this.observations.of(environment);
    if (host === null || seen === null) return null;
    const [machine, opened] = await Promise.all([
      this.views.of(hostRouterView).list({ where: { name: host }, limit: 1 }),
      this.vault.openAll(names, operator),
    ]);
    const row = machine.items[0]?.row;
    if (row === undefined) return null;
    const { address, port } = row;
    const { units, healthy, activity, generation, at } = seen;
    const name = openedText(opened[0]?.name ?? address);
    return {
      address: `${originOfName(name, port)}/`,
      router: { address, port },
      units,
      healthy,
      activity,
      generation,
      seenAt: at,
    };
  }
}
