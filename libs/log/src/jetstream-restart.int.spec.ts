import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testGroundConfiguration } from '@freehold/supervisor/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { parsePosition, type Position } from '@freehold/kernel';
import { LogUnavailable, OutcomeUnknown } from './log.errors.js';
import { jetStreamLog } from './jetstream.log.js';
import { ensureLogStream } from './log-stream.js';
import { subjectOf } from './subject.js';
import { storeOn } from './testing/aggregate-store.conformance.js';
import { counter, newCommand, newCounter } from './testing/counter.fixture.js';
import { newCommit } from './testing/log.conformance.js';
import { ownNatsServer, type OwnNatsServer } from './testing/nats-server.fixture.js';

describe('when the server is killed', () => {
  let server: OwnNatsServer;
  let connection: NatsConnection;

  beforeAll(async () => {
    server = await ownNatsServer(testGroundConfiguration().natsServer ?? 'nats-server');
    connection = await server.connect();
    await ensureLogStream(connection);
  });
  afterAll(() => server.remove());

  it('following goes on without losing or repeating, and every command has one effect', async () => {
    const log = jetStreamLog({ connection });
    const stop = new AbortController();
    const [even, odd] = [newCounter(), newCounter()];
    const total = 300;
    const seen: Position[] = [];
    const following = (async () => {
      for await (const { position } of log.follow('1:0', { signal: stop.signal })) {
        seen.push(position);
        if (seen.length === total) stop.abort();
      }
    })();
    const store = storeOn(log, 20_000);
    let sent = 0;
    let committed = 0;
    const write = async (): Promise<void> => {
      while (sent < total) {
        sent += 1;
        const name = sent % 2 === 0 ? even : odd;
        const result = await store.execute({ definition: counter, name, command: { by: 1 }, meta: newCommand() });
        expect(result.kind).toBe('committed');
        committed += 1;
        if (committed === 100 || committed === 200) await server.kill().then(() => server.start());
      }
    };
    await Promise.all([following, write(), write(), write()]);
    expect(seen).toEqual(Array.from({ length: total }, (_, index) => `1:${index + 1}`));
    const loaded = await Promise.all([even, odd].map((name) => storeOn(log).load(counter, name)));
    expect(loaded.map(({ state, version }) => state - version)).toEqual([0, 0]);
    expect(loaded.reduce((sum, { state }) => sum + state, 0)).toBe(total);
  });

  it('appends and reads fail as what they are, and a follower who waits hears what comes after', async () => {
    const log = jetStreamLog({ connection });
    const head = await log.head();
    const stop = new AbortController();
    const next = log.follow(head, { signal: stop.signal })[Symbol.asyncIterator]().next();
    await server.kill();
    const subject = subjectOf(newCounter());
    const read = log.read(head);
    await expect(log.append(subject, newCommit(), null)).rejects.toBeInstanceOf(OutcomeUnknown);
    await expect(read).rejects.toBeInstanceOf(LogUnavailable);
    await server.start();
    const appended = await storeOn(log).execute({
      definition: counter,
      name: newCounter(),
      command: { by: 1 },
      meta: newCommand(),
    });
    expect(appended.kind).toBe('committed');
    expect(await next).toMatchObject({ done: false, value: { commit: { version: 1 } } });
    stop.abort();
  });

  it('a range goes on without losing or repeating, however it is cut', async () => {
    const log = jetStreamLog({ connection });
    const before = await log.head();
    const count = 6_000;
    await Promise.all(Array.from({ length: count }, () => log.append(subjectOf(newCounter()), newCommit(), null)));
    const head = await log.head();
    const seen: Position[] = [];
    let kills = 0;
    for await (const batch of log.rangeBatches(before, head)) {
      seen.push(...batch.map(({ position }) => position));
      if (seen.length < (kills + 1) * 2_000 || kills === 2) continue;
      kills += 1;
      await server.kill().then(() => server.start());
    }
    const first = parsePosition(before).sequence + 1;
    expect(seen).toEqual(Array.from({ length: count }, (_, index) => `1:${first + index}`));
    expect(kills).toBe(2);
  });

  it.each([
    { commits: 'large', count: 400, text: 'x'.repeat(60_000) },
    { commits: 'many', count: 5_000, text: '' },
  ])('a range of $commits commits comes in pieces, by the same consumer', async ({ count, text }) => {
    const log = jetStreamLog({ connection });
    const before = await log.head();
    const events = [{ type: 'deployment.raised.v1', data: { text } }];
    const append = () => log.append(subjectOf(newCounter()), newCommit({ events }), null);
    await Promise.all(Array.from({ length: count }, append));
    let consumers = 0;
    const created = connection.subscribe('$JS.EVENT.ADVISORY.CONSUMER.CREATED.>', {
      callback: () => void (consumers += 1),
    });
    await connection.flush();
    const seen: Position[] = [];
    for await (const batch of log.rangeBatches(before, await log.head()))
      seen.push(...batch.map(({ position }) => position));
    await connection.flush();
    created.unsubscribe();
    const first = parsePosition(before).sequence + 1;
    expect(seen).toEqual(Array.from({ length: count }, (_, index) => `1:${first + index}`));
    expect(consumers).toBe(1);
  });

  it('a connection that is closed for good ends following with a failure', async () => {
    const own = await server.connect();
    const log = jetStreamLog({ connection: own });
    const { signal } = new AbortController();
    const next = log
      .follow(await log.head(), { signal })
      [Symbol.asyncIterator]()
      .next();
    await own.close();
    await expect(next).rejects.toBeInstanceOf(LogUnavailable);
  });
});
