import { specificationOf } from '@freehold/decider';
import type { DepartureEvent } from '@freehold/portability-contract';
import { describe, it } from '@jest/globals';
import type { DepartureCommand } from './departure.commands.js';
import { departureDecider } from './departure.decide.js';
import { happened, id } from './departure.fixture.js';

const spec = specificationOf(departureDecider);
const live: DepartureEvent[] = [happened.granted, happened.bound, { type: 'portability.target-opened.v1', data: {} }];
const said = (job: string, redirected: boolean): DepartureCommand => ({ type: 'record-home-answer', job, redirected });
const answered = (job: string, redirected: boolean): DepartureEvent => ({
  type: 'portability.home-answered.v1',
  data: { job, redirected },
});

describe('what the home of a name answers', () => {
  it('is recorded once for a job', () => {
    spec
      .given(...live)
      .when(said(id(8), true))
      .then(answered(id(8), true));
    spec
      .given(...live, answered(id(8), true))
      .when(said(id(8), false))
      .thenNothing();
    spec
      .given(...live, answered(id(8), true))
      .when(said(id(9), false))
      .then(answered(id(9), false));
  });

  it('is nothing to a departure that is not there', () => {
    spec
      .given()
      .when(said(id(8), true))
      .thenRefused('departure-ended');
  });

  it('changes nothing of how the departure stands', () => {
    spec
      .given(...live, answered(id(8), true))
      .when({ type: 'record-opened' })
      .thenNothing();
  });
});
