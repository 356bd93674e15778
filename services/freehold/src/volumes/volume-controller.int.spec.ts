import { ensureLogStream, jetStreamLog, subjectOf, verifyLogStream, volumeStates } from '@freehold/log';
import { claimGround, type ClaimedGround, eventually } from '@freehold/supervisor/testing';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { volumeController } from './volume-controller.js';

let ground: ClaimedGround;
let connection: NatsConnection;
let controller: ReturnType<typeof volumeController>;

beforeEach(async () => {
  ground = await claimGround();
  connection = await ground.connect();
  await ensureLogStream(connection, { maxBytes: 100_000 });
  controller = volumeController({ connection, sizeBytes: () => 200_000, everyMs: 20 });
  controller.start();
});
afterEach(async () => {
  await controller.stop();
  await ground.release();
});

/** One commit of some 20 kB. */
const append = () =>
  jetStreamLog({ connection }).append(
    subjectOf({ context: 'accounts', operator: randomUUID(), aggregate: 'operator', id: randomUUID() }),
    {
      ...{ version: 1, previous: null, at: '2026-11-21T12:00:00.000Z', actor: { kind: 'system', id: 'test' } },
      ...{ command: { id: randomUUID(), name: 'a.b', digest: 'd' }, cause: null, correlation: randomUUID() },
      events: [{ type: 'accounts.something.v1', data: { text: 'x'.repeat(20_000) } }],
    },
    null,
  );
const volumes = async () => (await volumeStates(connection)).map(({ commits, status }) => ({ commits, status }));

it('begins the next volume when the newest has four fifths of its size, and not before', async () => {
  for (let commit = 1; commit <= 3; commit += 1) await append();
  expect(await volumes()).toEqual([{ commits: 3, status: 'open' }]);
  await append();
  expect(await eventually(async () => (await volumes()).length === 2, { timeoutMs: 30_000 })).toBe(true);
  await append();
  expect(await volumes()).toEqual([
    { commits: 4, status: 'closed' },
    { commits: 1, status: 'open' },
  ]);
  expect((await volumeStates(connection))[1]?.maxBytes).toBe(200_000);
  await verifyLogStream(connection);
});

it('goes on where somebody stopped after the newest was closed', async () => {
  await append();
  const { config } = (await connection.request('$JS.API.STREAM.INFO.LOG_1')).json<{ config: object }>();
  const closed = { ...config, sealed: true, subjects: ['log-volume.1'] };
  await connection.request('$JS.API.STREAM.UPDATE.LOG_1', JSON.stringify(closed));
  expect(await eventually(async () => (await volumes()).at(-1)?.status === 'open', { timeoutMs: 30_000 })).toBe(true);
  expect((await append()).kind).toBe('stored');
});
