import { specificationOf } from '@freehold/decider';
import type { OperatorEvent } from '@freehold/accounts-contract';
import { describe, it } from '@jest/globals';
import { operatorDecider } from './operator.js';

const spec = specificationOf(operatorDecider);
const enciphered = (place: string) => ({ $enciphered: 'k', place, iv: 'i', data: 'd' });
const personal = { key: 'k', name: enciphered('o/operator.name'), contact: enciphered('o/operator.contact') };
const registered: OperatorEvent = { type: 'accounts.operator-registered.v1', data: personal };
const suspended: OperatorEvent = { type: 'accounts.operator-suspended.v1', data: {} };
const resumed: OperatorEvent = { type: 'accounts.operator-resumed.v1', data: {} };

describe('an operator', () => {
  it('is registered once', () => {
    spec
      .given()
      .when({ type: 'register', ...personal })
      .then(registered);
    spec
      .given(registered)
      .when({ type: 'register', ...personal })
      .thenNothing();
  });

  it('is suspended and resumed, each once', () => {
    spec.given(registered).when({ type: 'suspend' }).then(suspended);
    spec.given(registered, suspended).when({ type: 'suspend' }).thenNothing();
    spec.given(registered, suspended).when({ type: 'resume' }).then(resumed);
    spec.given(registered).when({ type: 'resume' }).thenNothing();
    spec.given(registered, suspended, resumed).when({ type: 'suspend' }).then(suspended);
  });

  it('must be there to be suspended', () => {
    spec.given().when({ type: 'suspend' }).thenRefused('operator-unknown');
    spec.given().when({ type: 'resume' }).thenRefused('operator-unknown');
  });
});
