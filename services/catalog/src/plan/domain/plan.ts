/** A plan: a size under a name of the provider's own. It never changes its size: what runs counts on it. */
import { accepted, refused, type Decider } from '@freehold/decider';
import type { PlanEvent } from '@freehold/catalog-contract';

export type Size = 'small' | 'medium' | 'large';
export type Plan = { status: 'undefined' } | { status: 'defined'; size: Size };
export interface PlanCommand {
  type: 'define';
  name: string;
  size: Size;
}

export const planDecider: Decider<Plan, PlanCommand, PlanEvent> = {
  initialState: () => ({ status: 'undefined' }),
  evolve: (_state, event) => {
    switch (event.type) {
      case 'catalog.plan-defined.v1':
        return { status: 'defined', size: event.data.size };
    }
  },
  decide: ({ name, size }, plan) => {
    if (plan.status === 'undefined') return accepted({ type: 'catalog.plan-defined.v1', data: { name, size } });
    if (plan.size === size) return accepted();
    return refused({
      pointer: '/size',
      code: 'plan-differs',
      detail: `The plan ${name} has the size ${plan.size}.`,
      hint: 'Define a plan with another name.',
    });
  },
};
