import { specificationOf } from '@freehold/decider';
import type { TenureEvent } from '@freehold/deployment-contract';
import { describe, it } from '@jest/globals';
import { tenureDecider } from './tenure.js';

const [mine, other] = ['6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0001', '6f6f2f3e-5df0-4b8e-9a36-0f5b8c1f0002'];
const claimed = (deployment: string): TenureEvent => ({ type: 'deployment.tenure-claimed.v1', data: { deployment } });
const freed = (deployment: string): TenureEvent => ({ type: 'deployment.tenure-freed.v1', data: { deployment } });
const spec = specificationOf(tenureDecider);

describe('the tenure of a lineage in this cell', () => {
  it('is held by one deployment at a time', () => {
    spec.given().when({ type: 'claim', deployment: mine }).then(claimed(mine));
    spec.given(claimed(mine)).when({ type: 'claim', deployment: mine }).thenNothing();
    spec.given(claimed(other)).when({ type: 'claim', deployment: mine }).thenRefused('tenure-held');
    spec.given(claimed(other), freed(other)).when({ type: 'claim', deployment: mine }).then(claimed(mine));
  });

  it('is freed also before it was claimed, and the late claim is refused', () => {
    spec.given().when({ type: 'free', deployment: mine }).then(freed(mine));
    spec.given(freed(mine)).when({ type: 'free', deployment: mine }).thenNothing();
    spec.given(freed(mine)).when({ type: 'claim', deployment: mine }).thenRefused('tenure-already-freed');
    spec
      .given(claimed(other), freed(mine))
      .when({ type: 'claim', deployment: mine })
      .thenRefused('tenure-already-freed');
  });
});
