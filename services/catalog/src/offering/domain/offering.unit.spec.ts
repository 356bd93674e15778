import { specificationOf } from '@freehold/decider';
import { describe, it } from '@jest/globals';
import { planDecider } from '../../plan/domain/plan.js';
import { policyDecider } from '../../policy/domain/policy.js';
import { offeringDecider } from './offering.js';

const terms = {
  application: 'synapse',
  plan: 'small',
  policy: 'this-host',
  price: { currency: 'EUR', minorUnits: 500 },
};
const opened = (minorUnits = 500) =>
  ({
    type: 'catalog.offering-opened.v1',
    data: { ...terms, price: { currency: 'EUR', minorUnits } },
  }) as const;
const closed = { type: 'catalog.offering-closed.v1', data: {} } as const;

describe('an offering', () => {
  const spec = specificationOf(offeringDecider);

  it('opens, takes new terms when opened again, and closes', () => {
    spec.given().when({ type: 'open', terms }).then(opened());
    spec.given(opened()).when({ type: 'open', terms }).thenNothing();
    spec.given(opened(700)).when({ type: 'open', terms }).then(opened());
    spec.given(opened()).when({ type: 'close' }).then(closed);
    spec.given(opened(), closed).when({ type: 'close' }).thenNothing();
    spec.given(opened(), closed).when({ type: 'open', terms }).then(opened());
  });
});

describe('a plan', () => {
  const spec = specificationOf(planDecider);
  const defined = { type: 'catalog.plan-defined.v1', data: { name: 'small', size: 'small' } } as const;

  it('is defined once and never changes its size', () => {
    spec.given().when({ type: 'define', name: 'small', size: 'small' }).then(defined);
    spec.given(defined).when({ type: 'define', name: 'small', size: 'small' }).thenNothing();
    spec.given(defined).when({ type: 'define', name: 'small', size: 'large' }).thenRefused('plan-differs');
  });
});

describe('a policy', () => {
  const spec = specificationOf(policyDecider);
  const set = (host: string) =>
    ({ type: 'catalog.policy-set.v1', data: { name: 'p', rule: { kind: 'this-host', host } } }) as const;

  it('takes the rule that it is given, once', () => {
    spec
      .given()
      .when({ type: 'set', name: 'p', rule: { kind: 'this-host', host: 'a' } })
      .then(set('a'));
    spec
      .given(set('a'))
      .when({ type: 'set', name: 'p', rule: { kind: 'this-host', host: 'a' } })
      .thenNothing();
    spec
      .given(set('a'))
      .when({ type: 'set', name: 'p', rule: { kind: 'this-host', host: 'b' } })
      .then(set('b'));
  });
});
