import { describe, expect, it } from '@jest/globals';
import { event, upcast } from '@freehold/kernel';
import { decodeState, encodeState, eventsOf } from '@freehold/log';
import { z } from 'zod';
import { AGGREGATES } from './aggregates.js';
import { namedSamples, samplesOf } from './stored-samples.js';
import { type Aggregate, changedStates, placed, statesOf, versionsOf } from './stored-states.js';

const folder = import.meta.dirname;

describe.each(AGGREGATES.map((each) => [`${each.aggregate.context}.${each.aggregate.aggregate}`, each] as const))(
  '%s',
  (_name, { storedAs, aggregate }) => {
    const { context } = aggregate;
    const samples = samplesOf(folder, context);
    const stored = statesOf(folder, context)[storedAs];
    if (stored === undefined) throw new Error(`states/${context}.json has no histories of ${storedAs}: write some`);

    it('has a sample of every version that it knows, and reads it with fields that nobody knows', () => {
      const own = versionsOf(aggregate);
      expect(own.filter((type) => samples[type] === undefined)).toEqual([]);
      for (const [, { type, data }] of [...namedSamples(samples)].filter(([, each]) => own.includes(each.type))) {
        const later = { 'of-tomorrow': [{ n: 1 }] };
        const [read] = eventsOf(aggregate, placed(aggregate, { type, data: { ...data, ...later } }));
        expect(read?.data).toMatchObject(later);
      }
    });

    it('folds what is stored to the same states, or has a new state version', () => {
      expect(changedStates(aggregate, samples, stored)).toEqual([]);
    });

    it('has states that can be kept', () => {
      for (const { state } of stored.histories) expect(encodeState(decodeState(state))).toEqual(state);
    });
  },
);

describe('what a state needs a new version for', () => {
  const samples = samplesOf(folder, 'accounts');
  const aggregateOf = (name: string): Aggregate => {
    const found = AGGREGATES.find(({ aggregate }) => aggregate.aggregate === name);
    if (found === undefined) throw new Error(name);
    return found.aggregate;
  };
  const operator = aggregateOf('operator');
  const stored = statesOf(folder, 'accounts')['operator'];
  if (stored === undefined) throw new Error('there are no states of operator');
  const another: Aggregate = {
    ...operator,
    evolve: (state, happened) => ({ ...Object(operator.evolve(state, happened)), since: happened.type }),
  };

  it('is another evolve: that says what to do', () => {
    const [problem] = changedStates(another, samples, stored);
    expect(problem).toContain('the same commits make another state');
    expect(problem).toContain('make stateVersion of operator 2 (services/accounts/src/aggregates.ts');
    expect(problem).toContain('npm run samples');
  });

  it('is one branch of evolve, even where no history ends in it', () => {
    const forgets: Aggregate = {
      ...operator,
      evolve: (state, happened) =>
        happened.type === 'accounts.operator-suspended.v1' ? state : operator.evolve(state, happened),
    };
    expect(changedStates(forgets, samples, stored)).toEqual([expect.stringContaining('(operator-suspended.v1)')]);
  });

  it('is another upcast, too', () => {
    const registered = operator.events.find(({ type }) => type === 'accounts.operator-registered.v1');
    if (registered === undefined) throw new Error('nobody registers');
    const old = event('accounts.operator-suspended.v1', z.object({}));
    const [, ...others] = operator.events.toSorted(
      (one, other) => Number(other.type === old.type) - Number(one.type === old.type),
    );
    const taken: Aggregate = {
      ...operator,
      events: others,
      upcasts: [upcast(old, event('accounts.operator-resumed.v1', z.object({})), () => ({}))],
    };
    expect(changedStates(taken, samples, stored)).toEqual([expect.stringContaining('another state')]);
  });

  it('is stored under its new version, which is never taken back', () => {
    expect(changedStates({ ...another, stateVersion: 2 }, samples, stored)).toEqual([
      'accounts.operator: what is stored is of state version 1: npm run samples',
    ]);
    expect(changedStates({ ...operator, stateVersion: 0 }, samples, stored)).toEqual([
      expect.stringContaining('is taken back'),
    ]);
  });

  it('is not a new version of an event, but that needs a history', () => {
    const more = event('accounts.operator-renamed.v1', z.object({}));
    expect(changedStates({ ...operator, events: [...operator.events, more] }, samples, stored)).toEqual([
      expect.stringContaining('no history in states/accounts.json has accounts.operator-renamed.v1'),
    ]);
  });
});
