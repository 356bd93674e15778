import { describe, expect, it } from '@jest/globals';
import type { StoredCommit } from '@freehold/kernel';
import { commitsSince } from './aggregate-walk.js';
import { createAggregateStore } from './create-aggregate-store.js';
import { createAppender } from './appender.js';
import type { FoldedStates } from './folded-states.js';
import { BrokenChain, Contended, UnknownEvent } from './log.errors.js';
import type { Log } from './log.port.js';
import { memoryLog } from './memory.log.js';
import { subjectOf } from './subject.js';
import { storeOn } from './testing/aggregate-store.conformance.js';
import { counter, newCommand, newCounter } from './testing/counter.fixture.js';
import { KeptStates } from './testing/kept-states.fixture.js';
import { newCommit } from './testing/log.conformance.js';

describe('loading', () => {
  it('stops at an unknown event instead of skipping it', async () => {
    const log = memoryLog();
    const name = newCounter();
    await log.append(subjectOf(name), newCommit({ events: [{ type: 'deployment.vanished.v1', data: {} }] }), null);
    await expect(storeOn(log).load(counter, name)).rejects.toBeInstanceOf(UnknownEvent);
  });

  it.each([
    { version: 3, previous: '1:1' as const },
    { version: 2, previous: null },
    { version: 2, previous: '1:99' as const },
  ])('does not fold commits that do not join: %j', async (over) => {
    const log = memoryLog();
    const name = newCounter();
    await log.append(subjectOf(name), newCommit(), null);
    await log.append(subjectOf(name), newCommit(over), '1:1');
    await expect(storeOn(log).load(counter, name)).rejects.toBeInstanceOf(BrokenChain);
  });

  it('does not walk back to a commit of another aggregate', async () => {
    const log = memoryLog();
    await log.append(subjectOf(newCounter()), newCommit(), null);
    const subject = subjectOf(newCounter());
    await log.append(subject, newCommit(), null);
    const last = await log.last(subject);
    await expect(commitsSince(log, last!, '1:1')).rejects.toBeInstanceOf(BrokenChain);
  });

  it('reads only what is new', async () => {
    const log = memoryLog();
    const reads: string[] = [];
    const counting: Log = { ...log, read: async (position) => (reads.push(position), log.read(position)) };
    const store = storeOn(counting);
    const name = newCounter();
    const raise = (by: number, on = store) =>
      on.execute({ definition: counter, name, command: { by }, meta: newCommand() });
    for (const by of [1, 2, 3]) await raise(by);
    expect(reads).toEqual([]);
    for (const by of [4, 5]) await raise(by, storeOn(log));
    expect(await store.load(counter, name)).toMatchObject({ state: 15, version: 5 });
    expect(reads).toEqual(['1:4']);
  });
});

describe('following', () => {
  const followed = async (commands: number) => {
    const log = memoryLog();
    const asked: string[] = [];
    const watching: Log = {
      ...log,
      last: (subject, options) => (asked.push('last'), log.last(subject, options)),
      read: (position) => (asked.push('read'), log.read(position)),
      count: (subject, since) => (asked.push('count'), log.count(subject, since)),
    };
    const names = [newCounter(), newCounter(), newCounter()];
    for (let by = 1; by <= commands; by += 1)
      for (const name of names)
        await storeOn(log).execute({ definition: counter, name, command: { by }, meta: newCommand() });
    const stored: StoredCommit[] = [];
    for await (const each of log.range('1:0', await log.head())) stored.push(each);
    return { watching, asked, stored, names };
  };
  const reader = (log: Log, states: FoldedStates, cacheSize?: number) =>
    createAggregateStore({
      ...{ log, states, appender: createAppender({ log }), clock: () => new Date(0) },
      ...(cacheSize === undefined ? {} : { cacheSize }),
    });

  it('folds commit by commit and asks nobody', async () => {
    const { watching, asked, stored } = await followed(3);
    const store = reader(watching, new KeptStates());
    const versions: number[] = [];
    for (const each of stored) versions.push((await store.loadIncluding(counter, each)).version);
    expect(versions).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3]);
    // Seen again, after a crash: as it is known to be by now.
    expect(await store.loadIncluding(counter, stored[0]!)).toMatchObject({ state: 6, version: 3 });
    expect(asked).toEqual([]);
  });

  it('says that it does not know, and asks nobody, when it has not seen the commit before', async () => {
    const { watching, asked, stored } = await followed(2);
    const store = reader(watching, new KeptStates());
    const [first, , , second] = stored;
    expect(await store.knownIncluding(counter, second!)).toBeNull();
    expect(await store.knownIncluding(counter, first!)).toMatchObject({ state: 1, version: 1 });
    expect(await store.knownIncluding(counter, second!)).toMatchObject({ state: 3, version: 2 });
    expect(asked).toEqual([]);
  });

  it('keeps beside the log what memory has no room for, and goes on from there', async () => {
    const { watching, asked, stored } = await followed(3);
    const states = new KeptStates();
    const store = reader(watching, states, 2);
    for (const each of stored) await store.loadIncluding(counter, each);
    expect(asked).toEqual([]);
    expect(states.found).toBe(6);
  });

  it.each(['missing', 'foreign', 'foreign-old', 'ahead'] as const)(
    'asks the log when what is kept is %s',
    async (fault) => {
      const { watching, asked, stored, names } = await followed(3);
      const states = new KeptStates();
      for (const name of names) await reader(watching, states).load(counter, name);
      asked.length = 0;
      states.fault = fault;
      const store = reader(watching, states);
      expect(await store.loadIncluding(counter, stored.at(-1)!)).toMatchObject({ state: 6, version: 3 });
      expect(asked).toContain('last');
    },
  );
});

describe('a lagging replica', () => {
  it('never makes a refusal, an unchanged or a version: the leader is asked before', async () => {
    const log = memoryLog();
    const name = newCounter();
    const lagging: Log = { ...log, last: async (subject, options) => (options?.confirmed ? log.last(subject) : null) };
    await storeOn(log).execute({ definition: counter, name, command: { by: 5 }, meta: newCommand() });
    const onceOnly: typeof counter = {
      ...counter,
      decide: (command, state) => counter.decide(state === 0 ? { by: 0 } : command, state),
    };
    const behind = storeOn(lagging);
    const execute = (expectedVersion?: number) =>
      behind.execute({
        definition: onceOnly,
        name,
        command: { by: 1 },
        meta: newCommand(),
        ...(expectedVersion === undefined ? {} : { expectedVersion }),
      });
    expect(await execute(1)).toMatchObject({ kind: 'committed', state: 6 });
    expect(await execute()).toMatchObject({ kind: 'committed', state: 7 });
  });
});

describe('contention', () => {
  it('ends at the deadline with a failure, nothing stored', async () => {
    const log = memoryLog();
    const appender = { append: async () => ({ kind: 'conflict' }) as const };
    const store = createAggregateStore({ log, appender, clock: () => new Date(0), deadlineMs: 30 });
    const executed = store.execute({ definition: counter, name: newCounter(), command: { by: 1 }, meta: newCommand() });
    await expect(executed).rejects.toBeInstanceOf(Contended);
    expect(await log.head()).toBe('1:0');
  });
});
