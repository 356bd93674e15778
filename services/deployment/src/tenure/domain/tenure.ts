/**
 * Who of this cell holds a lineage: it only keeps two deployments apart; everything else about a tenure the
 * Deployment decides. Freed before it was claimed, it leaves a mark that refuses the late claim.
 */
import { accepted, refused, type Decider } from '@freehold/decider';
import type { TenureEvent } from '@freehold/deployment-contract';

export interface Tenure {
  holder: string | null;
  freed: ReadonlySet<string>;
}
export type TenureCommand = { type: 'claim'; deployment: string } | { type: 'free'; deployment: string };

export const tenureDecider: Decider<Tenure, TenureCommand, TenureEvent> = {
  initialState: () => ({ holder: null, freed: new Set() }),
  evolve: ({ holder, freed }, event) => {
    switch (event.type) {
      case 'deployment.tenure-claimed.v1':
        return { holder: event.data.deployment, freed };
      case 'deployment.tenure-freed.v1': {
        const { deployment } = event.data;
        return { holder: holder === deployment ? null : holder, freed: new Set(freed).add(deployment) };
      }
    }
  },
  decide: ({ type, deployment }, { holder, freed }) => {
    switch (type) {
      case 'claim':
        if (freed.has(deployment)) return refused(alreadyFreed);
        if (holder === deployment) return accepted();
        return holder === null
          ? accepted({ type: 'deployment.tenure-claimed.v1', data: { deployment } })
          : refused(held);
      case 'free':
        return freed.has(deployment)
          ? accepted()
          : accepted({ type: 'deployment.tenure-freed.v1', data: { deployment } });
    }
  },
};

const held = {
  pointer: '/lineage',
  code: 'tenure-held',
  detail: 'Another deployment of this provider holds this lineage.',
  hint: 'Retire that deployment first.',
};
const alreadyFreed = {
  pointer: '/lineage',
  code: 'tenure-already-freed',
  detail: 'This deployment let the lineage go already.',
  hint: 'Order again.',
};
