import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { claimGround, type ClaimedGround } from '@freehold/supervisor/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import fc from 'fast-check';
import { followedTogether } from './followed-together.js';
import { jetStreamLog } from './jetstream.log.js';
import { ensureLogStream, verifyLogStream } from './log-stream.js';
import { LogUnavailable } from './log.errors.js';
import type { Log } from './log.port.js';
import { subjectOf } from './subject.js';
import { describeAggregateStore } from './testing/aggregate-store.conformance.js';
import { describeExecuting } from './testing/aggregate-store.properties.js';
import { newCounter } from './testing/counter.fixture.js';
import { describeLog, fill, newCommit, take } from './testing/log.conformance.js';
import { type RollingLog, rollingLog } from './testing/rolling.log.js';

describe('the log on JetStream', () => {
  let ground: ClaimedGround;
  let connection: NatsConnection;
  let log: Log;

  beforeAll(async () => {
    ground = await claimGround();
    connection = await ground.connect();
    await ensureLogStream(connection);
    log = jetStreamLog({ connection });
  });
  afterAll(() => ground.release());

  describeLog(() => log);
  describe('followed together', () => describeLog(() => followedTogether()(log)));
  describeAggregateStore(() => log);
  describeExecuting(() => log, 25);

  it('sends its expectation and the trace, and no message id', async () => {
    const subject = subjectOf(newCounter());
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await log.append(subject, newCommit(), null, { headers: { traceparent } });
    const { headers } = await connection.request(`$JS.API.DIRECT.GET.LOG_1.${subject}`);
    expect(headers?.get('traceparent')).toBe(traceparent);
    expect(headers?.get('Nats-Expected-Last-Subject-Sequence')).toBe('0');
    expect(headers?.has('Nats-Msg-Id')).toBe(false);
  });

  it('follows many commits without a consumer for each', async () => {
    const before = await log.head();
    const positions = await fill(log, 30);
    let consumers = 0;
    const callback = (): void => void (consumers += 1);
    connection.subscribe('$JS.EVENT.ADVISORY.CONSUMER.CREATED.LOG_1.>', { callback });
    await connection.flush();
    const followed = await take(log.follow(before, { signal: new AbortController().signal }), positions.length);
    await connection.flush();
    expect(followed.map(({ position }) => position)).toEqual(positions);
    // One; a busy machine may make another when the server is silent for long, and the server may tell of it late.
    expect(consumers).toBeLessThan(positions.length / 2);
  });

  it('reads single commits over the connection that it is given for that, and asks for it again after it could not be had', async () => {
    const subject = subjectOf(newCounter());
    const outcome = await log.append(subject, newCommit(), null);
    if (outcome.kind !== 'stored') throw new Error('somebody else appends');
    const { position } = outcome.stored;
    const other = await ground.connect();
    let isThere = false;
    const reads = () => (isThere ? Promise.resolve(other) : Promise.reject(new Error('nobody listens')));
    const reader = jetStreamLog({ connection, reads });
    for (const asked of [reader.read(position), reader.last(subject)]) {
      await expect(asked).rejects.toThrow(LogUnavailable);
    }
    expect(await reader.count(subject)).toBe(1);
    expect((await reader.last(subject, { confirmed: true }))?.position).toBe(position);
    isThere = true;
    const before = other.stats().outMsgs;
    expect((await reader.read(position))?.position).toBe(position);
    expect((await reader.last(subject))?.position).toBe(position);
    expect(other.stats().outMsgs - before).toBe(2);
  });

  it('has one winner in each of 300 races of 8 writers', async () => {
    const connections = await Promise.all(Array.from({ length: 8 }, () => ground.connect()));
    const writers = connections.map((each) => jetStreamLog({ connection: each }));
    for (let race = 0; race < 300; race += 1) {
      const subject = subjectOf(newCounter());
      const outcomes = await Promise.all(writers.map((writer) => writer.append(subject, newCommit(), null)));
      const winners = outcomes.flatMap((outcome) => (outcome.kind === 'stored' ? [outcome.stored.commit] : []));
      expect(winners).toHaveLength(1);
      const last = await log.last(subject, { confirmed: true });
      expect(winners).toEqual([last?.commit]);
    }
  }, 120_000);
});

describe.each([
  ['conformance', 5],
  ['laws', 10],
])('the log on JetStream, while volumes end at random moments: %s', (what, fewest) => {
  let ground: ClaimedGround;
  let rolling: RollingLog;

  beforeAll(async () => {
    ground = await claimGround();
    const connection = await ground.connect();
    await ensureLogStream(connection, { maxBytes: 2 ** 26 });
    rolling = rollingLog(connection);
  });
  afterAll(() => ground.release());
  const log = (): Log => rolling.log;

  if (what === 'laws') describeExecuting(log, 25, (requests) => rolling.endAfter(requests));
  else {
    beforeAll(() => rolling.endAfter(fc.sample(fc.nat(250), 30)));
    describeLog(log);
    describe('followed together', () => describeLog(() => followedTogether()(log())));
    describeAggregateStore(log);
  }

  it('has begun many', async () => {
    expect(await rolling.ended()).toBeGreaterThan(fewest);
    await verifyLogStream(await ground.connect());
  });
});
