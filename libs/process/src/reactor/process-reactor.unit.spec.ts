import { describe, expect, it } from '@jest/globals';
import {
  type AggregateName,
  type Commit,
  event,
  type EventContract,
  type RecordedEvent,
  type StoredCommit,
} from '@freehold/kernel';
import { createAggregateStore, createAppender, type Log, memoryLog, subjectOf } from '@freehold/log';
import { z } from 'zod';
import { type AwaitedAggregate, oneOf, type StepEffect } from '../effect.js';
import { LawClock } from '../laws/law-clock.js';
import { type Faults, LawRun } from '../laws/law-run.js';
import { SILENCE } from '../laws/law-trial.js';
import { anOperator, anOrder, environmentOf, sampleProcess, SampleWorld } from '../laws/sample-process.fixture.js';
import { processDefinition } from '../process-decide.js';
import type { ProcessTable } from '../process-table.js';
import type { ProcessTransport, Trouble } from './process-ports.js';
import { processReactor } from './process-reactor.js';

const DAY_MS = 86_400_000;
const options = { input: anOrder, operator: anOperator, world: () => new SampleWorld() };
const run = (faults: Faults = {}, table: ProcessTable = sampleProcess) => new LawRun(table, options, faults);

/** Goes on until something holds; nothing here takes time, so rounds are counted. */
async function rounds(holds: () => Promise<boolean>, round: () => Promise<void>): Promise<void> {
  for (let left = 2_000; !(await holds()); left -= 1) {
    if (left === 0) throw new Error('it never came to hold');
    await round();
  }
}

describe('the reactor', () => {
  it('sends again what nobody answered, as the same command, until it is answered', async () => {
    let silent = 3;
    const patient = run({
      send: async ({ step }, deliver) => (step === 'host' && (silent -= 1) >= 0 ? SILENCE : deliver()),
    });
    expect(await patient.complete()).toMatchObject({ status: 'ended', outcome: 'completed' });
    const ids = patient.sent.filter(({ step }) => step === 'host').map(({ commandId }) => commandId);
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(1);
  });

  it('says that an outcome is unknown when the deadline has passed', async () => {
    const state = await run({
      send: async ({ step }, deliver) => (step === 'host' ? SILENCE : deliver()),
    }).complete();
    expect(state).toMatchObject({ status: 'stuck', step: 'host' });
    expect(state).toMatchObject({ failure: { reason: 'timed-out', findings: [{ code: 'outcome-unknown' }] } });
    expect(state).toMatchObject({ steps: [{ step: 'place' }, { step: 'host', do: { outcomeKnown: false } }] });
  });

  it('takes an exception and a malformed reply for silence', async () => {
    let calls = 0;
    const confused = run({
      send: async ({ step }, deliver) => {
        if (step !== 'host') return deliver();
        calls += 1;
        if (calls === 1) throw new Error('no responders');
        return calls === 2 ? { kind: 'succeeded', reply: { host: 7 } } : deliver();
      },
    });
    expect(await confused.complete()).toMatchObject({ outcome: 'completed' });
    expect(calls).toBe(3);
  });

  it('waits 30 days for a step, also over a restart', async () => {
    const slow: ProcessTable = {
      ...sampleProcess,
      steps: sampleProcess.steps.map((row) => ({
        ...row,
        notBefore:
          row.name === 'host' ? ({ startedAt }) => new Date(Date.parse(startedAt) + 30 * DAY_MS).toISOString() : null,
      })),
    };
    // The commits: started and succeeded for `place`, then the timer.
    const restarted = run({ crashAfterCommit: 3 }, slow);
    const state = await restarted.complete();
    expect(restarted.lives).toBe(2);
    if (state.status !== 'ended') throw new Error(`is ${state.status}`);
    expect(state).toMatchObject({ outcome: 'completed', timer: { step: 'host' } });
    const [place, host] = state.steps.map((step) => Date.parse(step.do.startedAt));
    expect((host ?? 0) - (place ?? 0)).toBeGreaterThanOrEqual(30 * DAY_MS);
  });

  it('publishes a job again after a crash: the queue may have lost it', async () => {
    // Started, accepted, and for `environment` also awaited: `prepare` awaits after the ninth commit.
    const lost: LawRun = run({ crashAfterCommit: 9, mute: ({ step }) => step === 'prepare' && lost.lives === 1 });
    expect(await lost.complete()).toMatchObject({ outcome: 'completed' });
    expect(lost.lives).toBe(2);
    expect(lost.sent.filter(({ step }) => step === 'prepare')).toHaveLength(2);
  });

  it('records at once what it saw happen while the log was silent', async () => {
    // Once when the history told it, once when the passing event did: both are forgotten with the failure.
    let silent = 2;
    const deaf: LawRun = run({
      silent: (name) => name.endsWith('.succeed') && deaf.sent.at(-1)?.step === 'prepare' && (silent -= 1) >= 0,
    });
    const state = await deaf.complete();
    if (state.status !== 'ended') throw new Error(`is ${state.status}`);
    expect(state.outcome).toBe('completed');
    const startOf = (name: string) => Date.parse(state.steps.find(({ step }) => step === name)?.do.startedAt ?? '');
    expect(silent).toBeLessThan(0);
    expect(startOf('announce') - startOf('prepare')).toBeLessThan(60_000);
  });

  it('undoes on demand while a command is on its way', async () => {
    const stopped: LawRun = run({
      send: async ({ step, direction }, deliver) => {
        if (step === 'environment' && direction === 'do') await stopped.ask('undo');
        return deliver();
      },
    });
    expect(await stopped.complete()).toMatchObject({ outcome: 'failed', failure: { step: null, reason: 'undone' } });
    expect(stopped.world.exists()).toEqual([]);
  });
});

const environment = environmentOf(anOperator, anOrder.deployment);

/** The table of a program that knows this event too. */
const knowing = (table: ProcessTable, more: EventContract<string, z.ZodType<object>>): ProcessTable => ({
  ...table,
  steps: table.steps.map((row) => ({ ...row, run: (scope) => withKnown(row.run(scope), more) })),
});
const withKnown = (effect: StepEffect, more: EventContract<string, z.ZodType<object>>): StepEffect => {
  if (effect.kind === 'skip' || effect.until === null) return effect;
  const { until } = effect;
  const known = ({ catalogue, ...name }: AwaitedAggregate) =>
    oneOf({ ...catalogue, events: [...catalogue.events, more] }, name);
  return {
    ...effect,
    until: (answer) => ({ ...until(answer), interestedIn: until(answer).interestedIn.map((each) => known(each)) }),
  };
};

async function appendTo(log: Log, name: AggregateName, happened: RecordedEvent): Promise<StoredCommit> {
  const subject = subjectOf(name);
  const last = await log.last(subject);
  const previous = last?.position ?? null;
  const id = crypto.randomUUID();
  const commit: Commit = {
    ...{ version: (last?.commit.version ?? 0) + 1, previous, at: '2030-01-01T00:00:00.000Z' },
    ...{ actor: { kind: 'agent', id: 'one' }, command: { id, name: 'tell', digest: '' }, cause: null, correlation: id },
    events: [happened],
  };
  const outcome = await log.append(subject, commit, previous);
  const stored = await log.last(subject);
  if (outcome.kind !== 'stored' || stored === null) throw new Error('somebody else appends');
  return stored;
}

describe('many processes', () => {
  const clock = new LawClock();
  const cell = () => {
    const log = memoryLog();
    const store = createAggregateStore({ log, appender: createAppender({ log }), clock: () => clock.now() });
    const begin = async (table: ProcessTable) => {
      const id = crypto.randomUUID();
      const name = { context: 'deployment', operator: anOperator, aggregate: table.kind, id } as const;
      const actor = { kind: 'credential', id: anOperator } as const;
      const meta = { commandId: id, commandName: 'begin', digest: '', actor, cause: null, correlation: id };
      const command = { type: 'begin', input: anOrder, at: clock.now().toISOString() } as const;
      await store.execute({ definition: processDefinition(table), name, command, meta });
      return name;
    };
    const stateOf = async (name: Awaited<ReturnType<typeof begin>>) =>
      (await store.load(processDefinition(sampleProcess), name)).state.status;
    return { log, store, begin, stateOf };
  };

  it('are bounded, and each goes its own way', async () => {
    const { log, store, begin, stateOf } = cell();
    const waiting: (() => void)[] = [];
    const transport: ProcessTransport = {
      send: async () => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return { kind: 'refused', findings: [] };
      },
    };
    const reactor = processReactor({ tables: [sampleProcess], store, transport, clock, concurrency: 2 });
    const names = await Promise.all(Array.from({ length: 5 }, () => begin(sampleProcess)));
    expect(await reactor.resumeAll(log.range('1:0', await log.head()))).toBe(5);
    let most = 0;
    // Refused, and its undo too: each ends stuck.
    await rounds(
      async () => (await Promise.all(names.map(stateOf))).every((status) => status === 'stuck'),
      async () => {
        most = Math.max(most, waiting.length);
        for (const release of waiting.splice(0)) release();
      },
    );
    expect(most).toBe(2);
    await reactor.stop();
  });

  it('are all that is read of a log: commits of others only pass', async () => {
    const { log, store } = cell();
    const transport: ProcessTransport = { send: async () => SILENCE };
    const reactor = processReactor({ tables: [sampleProcess], store, transport, clock });
    const { position, subject } = await appendTo(log, environment, {
      type: 'provisioning.environment-painted.v1',
      data: {},
    });
    const unread = {
      ...{ position, subject },
      get commit(): never {
        throw new Error('it is read');
      },
    };
    reactor.onCommit(unread);
    expect(reactor.safeBookmark()).toBe(position);
  });

  it('of an unknown definition are parked, seen, and hold the bookmark', async () => {
    const { log, store, begin } = cell();
    await begin({ ...sampleProcess, definition: 2 });
    const troubles: Trouble[] = [];
    const transport: ProcessTransport = { send: async () => SILENCE };
    const onTrouble = (trouble: Trouble) => troubles.push(trouble);
    const reactor = processReactor({ tables: [sampleProcess], store, transport, clock, onTrouble });
    await reactor.resumeAll(log.range('1:0', await log.head()));
    await reactor.idle();
    expect(troubles).toMatchObject([{ state: 'parked', kind: 'order-sample' }]);
    expect(reactor.safeBookmark()).toBe('1:0');
  });

  it('that wait for what they cannot read are parked, and go on with a program that can', async () => {
    const { log, store, begin, stateOf } = cell();
    const [world, troubles, sent] = [new SampleWorld(), [] as Trouble[], [] as string[]];
    const transport: ProcessTransport = {
      send: async ({ effect, commandId, step }) => {
        sent.push(step);
        const outcome = world.apply(effect, commandId);
        return outcome.kind === 'succeeded' ? { kind: 'succeeded', reply: outcome.reply } : outcome;
      },
    };
    const onTrouble = (trouble: Trouble) => troubles.push(trouble);
    const start = async (table: ProcessTable) => {
      const reactor = processReactor({ tables: [table], store, transport, clock, onTrouble });
      await reactor.resumeAll(log.range('1:0', await log.head()));
      await reactor.idle();
      return reactor;
    };
    const name = await begin(sampleProcess);
    const older = await start(sampleProcess);
    const painted = await appendTo(log, environment, { type: 'provisioning.environment-painted.v1', data: {} });
    older.onCommit(painted);
    await older.idle();
    expect(troubles).toMatchObject([{ state: 'parked', detail: expect.stringContaining('environment-painted.v1') }]);
    while (clock.advance()) await older.idle();
    expect(await stateOf(name)).toBe('running'); // not taken back for being late
    expect(older.safeBookmark()).toBe('1:0');
    await older.stop();

    const newer = await start(knowing(sampleProcess, event('provisioning.environment-painted.v1', z.object({}))));
    const ready = { type: 'provisioning.environment-provisioned.v1', data: { generation: 1 } };
    newer.onCommit(await appendTo(log, environment, ready));
    await newer.idle();
    expect(await stateOf(name)).toBe('running');
    expect([troubles.length, sent]).toEqual([1, ['place', 'host', 'environment', 'prepare']]);
    await newer.stop();
  });

  it('driven by two reactors at once have one effect each', async () => {
    const { log, store, begin, stateOf } = cell();
    const world = new SampleWorld();
    const sent = new Set<string>();
    const transport: ProcessTransport = {
      send: async ({ effect, commandId, direction, step }) => {
        if (step === 'environment' && direction === 'do') return { kind: 'refused', findings: [] };
        sent.add(commandId);
        const outcome = world.apply(effect, commandId);
        return outcome.kind === 'succeeded' ? { kind: 'succeeded', reply: outcome.reply } : outcome;
      },
    };
    const make = () => processReactor({ tables: [sampleProcess], store, transport, clock, backoffMs: () => 1 });
    const [first, second] = [make(), make()];
    const name = await begin(sampleProcess);
    const head = await log.head();
    await Promise.all([first.resumeAll(log.range('1:0', head)), second.resumeAll(log.range('1:0', head))]);
    await rounds(
      async () => (await stateOf(name)) === 'ended',
      async () => {
        await Promise.all([first.idle(), second.idle()]);
        clock.advance();
      },
    );
    expect(world.exists()).toEqual([]);
    // place, host; then the undos of environment, host and place.
    expect(sent.size).toBe(5);
  });
});
