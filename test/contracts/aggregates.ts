import { accountsService } from '@freehold/accounts';
import { catalogService } from '@freehold/catalog';
import { deploymentService } from '@freehold/deployment';
import { portabilityService } from '@freehold/portability';
import { provisioningService } from '@freehold/provisioning';
import type { Aggregate } from './stored-states.js';

const SERVICES = [accountsService, catalogService, provisioningService, deploymentService, portabilityService];

/** Every aggregate of every context, and under which name its states are stored: all processes are folded alike. */
export const AGGREGATES: readonly { storedAs: string; aggregate: Aggregate }[] = SERVICES.flatMap(({ aggregates }) => {
  const all: readonly Aggregate[] = aggregates;
  return all.map((aggregate) => {
    const alike = all.filter(({ evolve }) => evolve === aggregate.evolve).length;
    return { storedAs: alike > 1 ? 'process' : aggregate.aggregate, aggregate };
  });
});
