import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testGroundConfiguration } from '@freehold/supervisor/testing';
import { beginVolume } from './begin-volume.js';
import { askApi } from './jetstream-request.js';
import { jetStreamLog } from './jetstream.log.js';
import { AppendRefused } from './log.errors.js';
import { logPermissions } from './log-permissions.js';
import { ensureLogStream, verifyLogStream } from './log-stream.js';
import type { Log } from './log.port.js';
import { subjectOf } from './subject.js';
import { describeAggregateStore } from './testing/aggregate-store.conformance.js';
import { newCounter } from './testing/counter.fixture.js';
import { describeLog, newCommit } from './testing/log.conformance.js';
import { ownNatsServer, type OwnNatsServer } from './testing/nats-server.fixture.js';

describe('a service with nothing but its permissions', () => {
  let server: OwnNatsServer;
  let log: Log;

  beforeAll(async () => {
    server = await ownNatsServer(testGroundConfiguration().natsServer ?? 'nats-server', [
      { name: 'admin', publish: ['>'], subscribe: ['>'] },
      { name: 'service', ...logPermissions(['deployment']) },
      { name: 'reader', ...logPermissions([]) },
    ]);
    await ensureLogStream(await server.connect('admin'));
    const connection = await server.connect('service');
    await verifyLogStream(connection);
    log = jetStreamLog({ connection });
  });
  afterAll(() => server.remove());

  describeLog(() => log);
  describeAggregateStore(() => log);

  it('goes on in the next volume, which it can neither begin nor close', async () => {
    const subject = subjectOf(newCounter());
    const outcome = await log.append(subject, newCommit(), null);
    if (outcome.kind !== 'stored') throw new Error('not stored');
    const { position } = outcome.stored;
    const connection = await server.connect('service');
    await expect(beginVolume(connection)).rejects.toMatchObject({ name: 'LogUnavailable' });
    await expect(connection.request('log-volume.1', '')).rejects.toMatchObject({
      cause: { name: 'PermissionViolationError' },
    });
    await beginVolume(await server.connect('admin'));
    expect(await log.append(subject, newCommit({ version: 2, previous: position }), position)).toMatchObject({
      kind: 'stored',
      stored: { position: '2:1' },
    });
    await verifyLogStream(connection);
  });

  it('cannot append to another context, and is told so at once', async () => {
    const subject = subjectOf({ ...newCounter(), context: 'accounts' });
    await expect(log.append(subject, newCommit(), null)).rejects.toBeInstanceOf(AppendRefused);
    expect(await log.last(subject, { confirmed: true })).toBeNull();
  });

  it('is told so too when it comes together with commits that it may append, which are stored', async () => {
    const own = Array.from({ length: 40 }, () => subjectOf(newCounter()));
    const foreign = subjectOf({ ...newCounter(), context: 'accounts' });
    const subjects = [...own.slice(0, 5), foreign, ...own.slice(5)];
    const results = await Promise.allSettled(subjects.map((subject) => log.append(subject, newCommit(), null)));
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value.kind : result.reason))).toEqual(
      subjects.map((subject) => (subject === foreign ? expect.any(AppendRefused) : 'stored')),
    );
  });

  it('reads without writing when it has no context', async () => {
    const subject = subjectOf(newCounter());
    await log.append(subject, newCommit(), null);
    const reader = jetStreamLog({ connection: await server.connect('reader') });
    expect(await reader.last(subject)).toMatchObject({ subject });
    await expect(reader.append(subject, newCommit(), null)).rejects.toBeInstanceOf(AppendRefused);
  });

  it('acknowledges by itself what it reads in any volume, so that the server need not note each message', async () => {
    const connection = await server.connect('service');
    const acknowledge = (stream: string) => connection.request(`$JS.ACK.${stream}.consumer.1.1.1.1.0`, '');
    for (const stream of ['LOG_1', 'LOG_64'])
      await expect(acknowledge(stream)).rejects.toMatchObject({ cause: { name: 'NoResponders' } });
    await expect(acknowledge('JOBS')).rejects.toMatchObject({ cause: { name: 'PermissionViolationError' } });
  });

  it.each(['UPDATE', 'DELETE', 'PURGE'])('cannot %s the stream', async (call) => {
    const connection = await server.connect('service');
    await expect(askApi(connection, `STREAM.${call}.LOG_1`, { name: 'LOG_1' })).rejects.toMatchObject({
      cause: { cause: { name: 'PermissionViolationError' } },
    });
  });
});
