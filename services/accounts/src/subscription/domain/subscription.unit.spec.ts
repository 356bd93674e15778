import { specificationOf } from '@freehold/decider';
import type { SubscriptionEvent } from '@freehold/accounts-contract';
import { describe, it } from '@jest/globals';
import { subscriptionDecider } from './subscription.js';

const spec = specificationOf(subscriptionDecider);
const A = '00000000-0000-4000-8000-00000000000a';
const B = '00000000-0000-4000-8000-00000000000b';
const agreed = (places: number): SubscriptionEvent => ({
  type: 'accounts.subscription-agreed.v1',
  data: { plan: 'small', places },
});
const reserved = (deployment: string): SubscriptionEvent => ({
  type: 'accounts.place-reserved.v1',
  data: { deployment },
});
const freed = (deployment: string): SubscriptionEvent => ({ type: 'accounts.place-freed.v1', data: { deployment } });
const ended: SubscriptionEvent = { type: 'accounts.subscription-ended.v1', data: {} };

describe('a subscription', () => {
  it('gives places out until the quota is used up', () => {
    spec.given(agreed(2), reserved(A)).when({ type: 'reserve', deployment: B }).then(reserved(B));
    spec.given(agreed(1), reserved(A)).when({ type: 'reserve', deployment: B }).thenRefused('quota-used-up');
    spec.given().when({ type: 'reserve', deployment: B }).thenRefused('subscription-missing');
  });

  it('gives a deployment one place, however often it asks', () => {
    spec.given(agreed(1), reserved(A)).when({ type: 'reserve', deployment: A }).thenNothing();
  });

  it('takes a place back, and refuses the reservation that comes after that', () => {
    spec.given(agreed(1), reserved(A)).when({ type: 'free', deployment: A }).then(freed(A));
    spec.given(agreed(1), reserved(A), freed(A)).when({ type: 'reserve', deployment: B }).then(reserved(B));
    spec.given(agreed(1)).when({ type: 'free', deployment: A }).then(freed(A));
    spec.given(agreed(1), freed(A)).when({ type: 'reserve', deployment: A }).thenRefused('place-already-freed');
    spec.given(freed(A), agreed(1)).when({ type: 'reserve', deployment: A }).thenRefused('place-already-freed');
    spec.given(agreed(1), freed(A)).when({ type: 'free', deployment: A }).thenNothing();
  });

  it('ends when no place is taken; then none is given out until something is agreed again', () => {
    spec.given(agreed(2), reserved(A)).when({ type: 'end' }).thenRefused('places-taken');
    spec.given(agreed(2), reserved(A), freed(A)).when({ type: 'end' }).then(ended);
    spec.given().when({ type: 'end' }).thenNothing();
    spec.given(agreed(2), ended).when({ type: 'end' }).thenNothing();
    spec.given(agreed(2), ended).when({ type: 'reserve', deployment: A }).thenRefused('subscription-missing');
    spec
      .given(agreed(2), freed(A), ended, agreed(1))
      .when({ type: 'reserve', deployment: A })
      .thenRefused('place-already-freed');
  });

  it('changes its terms, but never below what is taken', () => {
    spec.given().when({ type: 'agree', plan: 'small', places: 2 }).then(agreed(2));
    spec.given(agreed(2)).when({ type: 'agree', plan: 'small', places: 2 }).thenNothing();
    spec
      .given(agreed(2), reserved(A))
      .when({ type: 'agree', plan: 'large', places: 1 })
      .then({ type: 'accounts.subscription-changed.v1', data: { plan: 'large', places: 1 } });
    spec
      .given(agreed(2), reserved(A), reserved(B))
      .when({ type: 'agree', plan: 'small', places: 1 })
      .thenRefused('places-below-use');
  });
});
