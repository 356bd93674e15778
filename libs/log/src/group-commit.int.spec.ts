import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Commit, Position } from '@freehold/kernel';
import { testGroundConfiguration } from '@freehold/supervisor/testing';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { createAppender } from './appender.js';
import { jetStreamLog } from './jetstream.log.js';
import { ensureLogStream } from './log-stream.js';
import { AppendRefused, OutcomeUnknown } from './log.errors.js';
import type { Log } from './log.port.js';
import { subjectOf } from './subject.js';
import { newCounter } from './testing/counter.fixture.js';
import { cuttingProxy } from './testing/cutting-proxy.fixture.js';
import { newCommit } from './testing/log.conformance.js';
import { ownNatsServer, type OwnNatsServer } from './testing/nats-server.fixture.js';

const newSubjects = (count: number): string[] => Array.from({ length: count }, () => subjectOf(newCounter()));
const appendTo = (log: Log, subjects: readonly string[], commit: () => Commit = newCommit) =>
  Promise.allSettled(subjects.map((subject) => log.append(subject, commit(), null)));

describe('group commit on JetStream', () => {
  let server: OwnNatsServer;
  let connection: NatsConnection;
  let log: Log;

  beforeAll(async () => {
    server = await ownNatsServer(testGroundConfiguration().natsServer ?? 'nats-server');
    connection = await server.connect();
    await ensureLogStream(connection);
    log = jetStreamLog({ connection });
  });
  afterAll(() => server.remove());

  const headSequence = async (): Promise<number> => Number((await log.head()).split(':')[1]);
  const headersAt = async (sequence: number) => {
    const answer = await connection.request('$JS.API.DIRECT.GET.LOG_1', JSON.stringify({ seq: sequence }));
    return answer.headers;
  };

  it('stores what comes together as one batch, in its order, each with its expectation', async () => {
    const before = await headSequence();
    const subjects = newSubjects(50);
    const results = await appendTo(log, subjects);
    expect(results).toMatchObject(
      subjects.map((subject, index) => ({
        value: { kind: 'stored', stored: { subject, position: `1:${before + 1 + index}` } },
      })),
    );
    const found = await Promise.all(subjects.map((_, index) => headersAt(before + 1 + index)));
    expect(new Set(found.map((headers) => headers?.get('Nats-Batch-Id'))).size).toBe(1);
    expect(found.map((headers) => headers?.get('Nats-Batch-Sequence'))).toEqual(subjects.map((_, n) => String(n + 1)));
    expect(found.map((headers) => headers?.get('Nats-Expected-Last-Subject-Sequence'))).toEqual(
      subjects.map(() => '0'),
    );
    expect(found.some((headers) => headers?.has('Nats-Msg-Id'))).toBe(false);
  });

  it('takes more than a batch holds', async () => {
    const before = await headSequence();
    const results = await appendTo(log, newSubjects(2_500));
    expect(results.every((result) => result.status === 'fulfilled' && result.value.kind === 'stored')).toBe(true);
    expect(await headSequence()).toBe(before + 2_500);
  });

  it('answers the one that was overtaken, and stores the others', async () => {
    const subjects = newSubjects(40);
    const [, , , overtaken = ''] = subjects;
    await jetStreamLog({ connection: await server.connect() }).append(overtaken, newCommit(), null);
    const before = await headSequence();
    const results = await appendTo(log, subjects);
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value.kind : result.reason))).toEqual(
      subjects.map((subject) => (subject === overtaken ? 'conflict' : 'stored')),
    );
    expect(await headSequence()).toBe(before + 39);
  });

  it('refuses the one that the server does not take, and stores the others', async () => {
    const subjects = newSubjects(40);
    const [, , , guilty = ''] = subjects;
    const before = await headSequence();
    const large = newCommit({ events: [{ type: 'deployment.raised.v1', data: { text: 'x'.repeat(60_000) } }] });
    const results = await Promise.allSettled(
      subjects.map((subject) =>
        subject === guilty
          ? log.append(subject, large, null, { headers: { traceparent: '0'.repeat(8_000) } })
          : log.append(subject, newCommit(), null),
      ),
    );
    expect(results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))).toEqual([
      expect.objectContaining({ name: AppendRefused.name, code: 10_054, subject: guilty }),
    ]);
    expect(await headSequence()).toBe(before + 39);
  });

  it.each([
    { when: 'in the middle of a batch', stored: false },
    { when: 'before the answer to a batch', stored: true },
  ])('when the line is cut $when, each commit is stored once and answered so', async ({ stored }) => {
    const proxy = await cuttingProxy(server.port);
    const cuttable = await connect({ port: proxy.port, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    const cutLog = jetStreamLog({ connection: cuttable });
    const { append } = createAppender({ log: cutLog, deadlineMs: 20_000 });
    const before = await headSequence();
    // It has asked which volume is open: what is cut is the batch.
    await cutLog.head();
    if (stored) proxy.cutBeforeAnswer();
    else proxy.cutAfterSending(20_000);
    const requests = newSubjects(100).map((subject) => ({ subject, commit: newCommit(), expected: null }));
    const results = await Promise.all(requests.map(append));
    expect(results.map(({ kind }) => kind)).toEqual(requests.map(() => 'stored'));
    expect(await headSequence()).toBe(before + 100);
    for (const [index, { subject, commit }] of requests.entries())
      expect(results[index]).toMatchObject({ found: stored, stored: { subject, commit } });
    await cuttable.close();
    await proxy.close();
  });

  it.each(['close', 'drain'] as const)('when the connection is told to %s, every append ends', async (end) => {
    const own = await server.connect();
    const subjects = newSubjects(1_500);
    const before = await log.head();
    const appends = appendTo(jetStreamLog({ connection: own, batch: { commits: 500 } }), subjects);
    // The first batch is under way.
    await new Promise((resolve) => setImmediate(resolve));
    await own[end]();
    const results = await appends;
    const acknowledged: string[] = [];
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(OutcomeUnknown);
      else if (result.value.kind === 'stored') acknowledged.push(result.value.stored.subject);
    }
    expect(await storedAfter(log, before)).toEqual(expect.arrayContaining(acknowledged));
  });
});

async function storedAfter(log: Log, after: Position): Promise<string[]> {
  const found: string[] = [];
  for await (const { subject } of log.range(after, await log.head())) found.push(subject);
  return found;
}
