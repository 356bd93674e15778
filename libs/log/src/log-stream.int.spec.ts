import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { claimGround, type ClaimedGround } from '@freehold/supervisor/testing';
import type { NatsConnection } from '@nats-io/transport-node';
import { jetStreamLog } from './jetstream.log.js';
import { subjectOf } from './subject.js';
import { newCounter } from './testing/counter.fixture.js';
import { newCommit } from './testing/log.conformance.js';
import { ensureLogStream, ServerTooOld, StreamDiffers, verifyLogStream } from './log-stream.js';
import { StreamNotMade } from './volume-configuration.js';

interface Answer {
  error?: { description: string };
  config: Record<string, unknown>;
}

describe('the stream of the log', () => {
  let ground: ClaimedGround;
  let connection: NatsConnection;
  const ask = async (call: string, body = {}): Promise<Answer> =>
    (await connection.request(`$JS.API.STREAM.${call}`, JSON.stringify(body))).json<Answer>();
  const change = async (over: Record<string, unknown>): Promise<void> => {
    const { config } = await ask('INFO.LOG_1');
    const { error } = await ask('UPDATE.LOG_1', { ...config, ...over });
    expect(error).toBeUndefined();
  };

  beforeAll(async () => {
    ground = await claimGround();
    connection = await ground.connect();
  });
  beforeEach(() => ask('DELETE.LOG_1'));
  afterAll(() => ground.release());

  it('is made as designed, and found so again, with the size that it was made with', async () => {
    await ensureLogStream(connection, { maxBytes: 2 ** 30 });
    await ensureLogStream(connection, { maxBytes: 2 ** 31 });
    await verifyLogStream(connection);
    expect((await ask('INFO.LOG_1')).config).toMatchObject({
      subjects: ['log.>'],
      storage: 'file',
      num_replicas: 1,
      retention: 'limits',
      discard: 'new',
      max_age: 0,
      max_msgs: -1,
      max_bytes: 2 ** 30,
      max_msg_size: 65_536,
      duplicate_window: 600e9,
      compression: 's2',
      deny_delete: true,
      deny_purge: true,
      allow_direct: true,
      allow_atomic: true,
    });
  });

  it.each([
    ['max_age', { max_age: 600e9 }, 0, 600e9],
    ['max_msgs', { max_msgs: 1_000_000 }, -1, 1_000_000],
    ['max_msgs_per_subject', { max_msgs_per_subject: 5 }, -1, 5],
    ['discard', { discard: 'old' }, 'new', 'old'],
    ['duplicate_window', { duplicate_window: 120e9 }, 600e9, 120e9],
    ['compression', { compression: 'none' }, 's2', 'none'],
    ['allow_msg_ttl', { allow_msg_ttl: true }, false, true],
    ['allow_direct', { allow_direct: false }, true, false],
    ['subjects', { subjects: ['log.>', 'other'] }, ['log.>'], ['log.>', 'other']],
    ['max_bytes', { max_bytes: -1 }, 32 * 2 ** 30, -1],
    ['republish', { republish: { src: 'log.>', dest: 'copy.>' } }, undefined, { src: 'log.>', dest: 'copy.>' }],
  ])('is refused when %s differs', async (field, over, wanted, found) => {
    await ensureLogStream(connection);
    await change(over);
    for (const start of [ensureLogStream, verifyLogStream]) {
      const error = await start(connection).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(StreamDiffers);
      expect(error).toMatchObject({ field, wanted, found, stream: 'LOG_1' });
      expect(error).toMatchObject({ hint: expect.stringContaining(field) });
    }
  });

  it('is not made by verifying, nor on too little room', async () => {
    await expect(verifyLogStream(connection)).rejects.toMatchObject({ field: 'name', found: undefined });
    await expect(ensureLogStream(connection, { maxBytes: 2 ** 52 })).rejects.toBeInstanceOf(StreamNotMade);
  });

  it('refuses what does not fit when it is full, and keeps what it has', async () => {
    await ensureLogStream(connection, { maxBytes: 100_000 });
    const log = jetStreamLog({ connection });
    const large = () => newCommit({ events: [{ type: 'deployment.raised.v1', data: { text: 'x'.repeat(40_000) } }] });
    await log.append(subjectOf(newCounter()), large(), null);
    await log.append(subjectOf(newCounter()), large(), null);
    const full = log.append(subjectOf(newCounter()), large(), null);
    await expect(full).rejects.toMatchObject({ name: 'AppendRefused', code: 10077 });
    expect(await log.head()).toBe('1:2');
    expect(await log.read('1:1')).not.toBeNull();
  });

  it.each(['2.15.1', '2.9.10', '2.14.99', '1.99.99', '2.15.2-RC.1'])('is refused on server %s', async (version) => {
    const old = new Proxy(connection, {
      get: (target, key) => (key === 'info' ? { ...target.info, version } : Reflect.get(target, key, target)),
    });
    await expect(ensureLogStream(old)).rejects.toBeInstanceOf(ServerTooOld);
    await expect(verifyLogStream(old)).rejects.toMatchObject({ found: version });
  });
});
