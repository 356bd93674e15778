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
const closed: OperatorEvent = { type: 'accounts.operator-closed.v1', data: {} };
const begun: OperatorEvent = { type: 'accounts.operator-erasure-begun.v1', data: { keys: ['k'] } };
const erased: OperatorEvent = { type: 'accounts.operator-erased.v1', data: {} };

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

  it('is closed once, suspended or not, and stays closed', () => {
    spec.given().when({ type: 'close' }).thenRefused('operator-unknown');
    spec.given(registered).when({ type: 'close' }).then(closed);
    spec.given(registered, suspended).when({ type: 'close' }).then(closed);
    for (const past of [[closed], [closed, begun], [closed, begun, erased]]) {
      spec
        .given(registered, ...past)
        .when({ type: 'close' })
        .thenNothing();
      for (const type of ['suspend', 'resume'] as const)
        spec
          .given(registered, ...past)
          .when({ type })
          .thenRefused('operator-closed');
    }
  });

  it('is erased after it was closed, once', () => {
    const erase = { type: 'erase', key: 'k' } as const;
    spec.given().when(erase).thenRefused('operator-unknown');
    spec.given(registered).when(erase).thenRefused('operator-open');
    spec.given(registered, suspended).when(erase).thenRefused('operator-open');
    spec.given(registered, closed).when(erase).then(begun);
    spec.given(registered, closed, begun).when(erase).thenNothing();
    spec.given(registered, closed, begun, erased).when(erase).thenNothing();
  });

  it('says that it is erased only while it is being erased', () => {
    spec.given(registered, closed).when({ type: 'record-erased' }).thenNothing();
    spec.given(registered, closed, begun).when({ type: 'record-erased' }).then(erased);
    spec.given(registered, closed, begun, erased).when({ type: 'record-erased' }).thenNothing();
  });
});
