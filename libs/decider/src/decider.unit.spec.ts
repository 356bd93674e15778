import { describe, expect, it } from '@jest/globals';
import { accepted, acceptedUnless, refused, type Decider } from './decider.js';
import { specificationOf } from './specification.js';

type Event = { type: 'counter.raised.v1'; data: { by: number } };
interface Raise {
  by: number;
}

const counter: Decider<number, Raise, Event> = {
  initialState: () => 0,
  evolve: (state, event) => state + event.data.by,
  decide: ({ by }, state) => {
    if (by === 0) return accepted();
    return acceptedUnless(
      state + by > 3 ? [{ pointer: '/by', code: 'too-high', detail: 'At most 3.', hint: 'Raise by less.' }] : [],
      { type: 'counter.raised.v1', data: { by } },
    );
  },
};
const raised = (by: number): Event => ({ type: 'counter.raised.v1', data: { by } });
const spec = specificationOf(counter);

describe('the given-when-then kit', () => {
  it('folds what was given, then decides', () => {
    spec.given(raised(1)).when({ by: 2 }).then(raised(2));
    spec.given(raised(1)).when({ by: 2 }).thenTypes('counter.raised.v1');
    spec.given(raised(2)).when({ by: 2 }).thenRefused('too-high');
    spec.given().when({ by: 0 }).thenNothing();
  });

  it('fails when the outcome is another one', () => {
    expect(() => spec.given().when({ by: 2 }).then(raised(1))).toThrow();
    expect(() => spec.given().when({ by: 2 }).thenRefused('too-high')).toThrow();
    expect(() => spec.given(raised(3)).when({ by: 1 }).thenNothing()).toThrow();
    expect(() => spec.given(raised(3)).when({ by: 1 }).thenRefused('another')).toThrow();
  });
});

describe('refused', () => {
  it('keeps every finding', () => {
    const finding = { pointer: '', code: 'a', detail: '', hint: '' };
    expect(refused(finding, finding)).toEqual({ kind: 'refused', findings: [finding, finding] });
  });
});
