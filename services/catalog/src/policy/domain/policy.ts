/** A policy of placement: the provider's function from (available, requested) to where it goes, named. */
import { accepted, type Decider } from '@freehold/decider';
import type { PolicyEvent, PolicyRule } from '@freehold/catalog-contract';
import { isDeepStrictEqual } from 'node:util';

export type Policy = { status: 'none' } | { status: 'set'; rule: PolicyRule };
export interface PolicyCommand {
  type: 'set';
  name: string;
  rule: PolicyRule;
}

export const policyDecider: Decider<Policy, PolicyCommand, PolicyEvent> = {
  initialState: () => ({ status: 'none' }),
  evolve: (_state, event) => {
    switch (event.type) {
      case 'catalog.policy-set.v1':
        return { status: 'set', rule: event.data.rule };
    }
  },
  decide: ({ name, rule }, policy) =>
    policy.status === 'set' && isDeepStrictEqual(policy.rule, rule)
      ? accepted()
      : accepted({ type: 'catalog.policy-set.v1', data: { name, rule } }),
};
