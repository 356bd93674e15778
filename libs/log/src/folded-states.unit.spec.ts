import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { blank, foldCommits } from './aggregate-definition.js';
import { createAppender } from './appender.js';
import { createAggregateStore } from './create-aggregate-store.js';
import type { Log } from './log.port.js';
import { memoryLog } from './memory.log.js';
import { subjectOf } from './subject.js';
import { clock, storeOn } from './testing/aggregate-store.conformance.js';
import { counter, LIMIT, newCommand, newCounter } from './testing/counter.fixture.js';
import { newCommit } from './testing/log.conformance.js';
import { type KeptFault, KeptStates } from './testing/kept-states.fixture.js';

/** A service that has just started: nothing in memory. */
const started = (log: Log, states: KeptStates) =>
  createAggregateStore({ log, appender: createAppender({ log }), clock, states });

const fault = fc.constantFrom<KeptFault>('none', 'missing', 'old', 'ahead', 'foreign', 'foreign-old');
/** A command of so much, by a service that has just started or one that goes on, while states are kept badly. */
const step = fc.record({ by: fc.integer({ min: 0, max: 300 }), restart: fc.boolean(), fault });
/** After so many commits a volume ends. */
const volume = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constant(Infinity));

describe('states that are kept beside the log', () => {
  it('change no answer and no commit, whatever is wrong with them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), volume, async (steps, commitsPerVolume) => {
        const [log, alone] = [memoryLog({ commitsPerVolume }), memoryLog({ commitsPerVolume })];
        for (const each of [log, alone]) await each.append(subjectOf(newCounter()), newCommit(), null);
        const [states, name] = [new KeptStates(), newCounter()];
        let store = started(log, states);
        for (const { by, restart, fault: wrong } of steps) {
          states.fault = wrong;
          if (restart) store = started(log, states);
          const request = { definition: counter, name, command: { by }, meta: newCommand() };
          const expected = await storeOn(alone).execute(request);
          expect(await store.execute(request)).toEqual(expected);
          const again = await started(log, states).execute(request);
          expect(again).toEqual(expected.kind === 'committed' ? { ...expected, repeated: true } : expected);
          const folded = await storeOn(log).load(counter, name);
          expect(await started(log, states).load(counter, name, { confirmed: true })).toEqual(folded);
          if (!wrong.startsWith('foreign')) expect(await started(log, states).load(counter, name)).toEqual(folded);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('are forgotten when they are found to be of another log', async () => {
    const [log, states, name] = [memoryLog(), new KeptStates(), newCounter()];
    await log.append(subjectOf(newCounter()), newCommit(), null);
    await started(log, states).execute({ definition: counter, name, command: { by: 7 }, meta: newCommand() });
    states.fault = 'foreign';
    const store = started(log, states);
    expect((await store.load(counter, name)).state).toBe(999);
    expect((await store.load(counter, name, { confirmed: true })).state).toBe(7);
    expect((await store.load(counter, name)).state).toBe(7);
  });

  it('are the same as folding the commits', async () => {
    const [log, states, name] = [memoryLog(), new KeptStates(), newCounter()];
    const store = started(log, states);
    const commits = [];
    for (const by of [1, 2, 3]) {
      const result = await store.execute({ definition: counter, name, command: { by }, meta: newCommand() });
      if (result.kind === 'committed') commits.push(result.stored);
    }
    const reading: Log = {
      ...log,
      last: () => Promise.reject(new Error('read')),
      read: () => Promise.reject(new Error('read')),
    };
    expect(await started(reading, states).load(counter, name)).toEqual(foldCommits(counter, blank(counter), commits));
    expect(states.found).toBe(1);
  });

  it('are asked for under the version of what folds them', async () => {
    const [log, states, name] = [memoryLog(), new KeptStates(), newCounter()];
    await started(log, states).execute({ definition: counter, name, command: { by: LIMIT }, meta: newCommand() });
    const doubling: typeof counter = { ...counter, stateVersion: 2, evolve: (state, { data }) => state + 2 * data.by };
    expect((await started(log, states).load(doubling, name)).state).toBe(2 * LIMIT);
    expect((await started(log, states).load(counter, name)).state).toBe(LIMIT);
  });
});
