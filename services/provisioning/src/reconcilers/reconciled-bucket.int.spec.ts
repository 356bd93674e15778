import { Unavailable } from '@freehold/platform';
import { type ClaimedGround, claimGround, testGroundConfiguration } from '@freehold/supervisor/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import { ReconciledBucket } from './reconciled-bucket.js';

let ground: ClaimedGround;
let connection: NatsConnection;
beforeAll(async () => {
  ground = await claimGround();
  connection = await ground.connect();
});
afterAll(() => ground.release());

it.each([true, false])('leaves nothing on disk of what it replaced, if it is to (%s)', async (erases) => {
  const name = `ERASES_${String(erases)}`;
  const bucket = new ReconciledBucket(connection, { name, description: 'a test', completeKey: 'complete', erases });
  const store = join(testGroundConfiguration().folder, 'nats', 'store', 'jetstream', ground.account, 'streams');
  const blocks = join(store, `KV_${name}`, 'msgs');
  const kept = () =>
    readdirSync(blocks)
      .map((block) => readFileSync(join(blocks, block), 'latin1'))
      .join('');
  const revision = async () => (await bucket.read('name.one')).revision;
  await bucket.write('name.one', { is: 'the-first-name' }, 0);
  const first = await revision();
  await bucket.write('name.one', { is: 'the-second-name' }, first);
  await expect(bucket.write('name.one', { is: 'late' }, first)).rejects.toThrow(Unavailable);
  expect(kept()).toContain('the-second-name');
  await bucket.write('name.one', null, await revision());
  expect(await bucket.read('name.one')).toMatchObject({ value: null });
  expect(['the-first-name', 'the-second-name'].filter((each) => kept().includes(each))).toHaveLength(erases ? 0 : 2);
});

it('lists its keys, deleted ones too, and none where there are none, without a consumer that stays behind', async () => {
  const bucket = new ReconciledBucket(connection, { name: 'LISTED', description: 'a test', completeKey: 'complete' });
  await bucket.write('name.one', { is: 'there' }, 0);
  await bucket.write('name.gone', { is: 'there' }, 0);
  await bucket.write('name.gone', null, (await bucket.read('name.gone')).revision);
  const manager = await jetstreamManager(connection);
  for (let round = 0; round < 5; round += 1) {
    expect((await bucket.keys('name.*')).toSorted()).toEqual(['name.gone', 'name.one']);
    expect(await bucket.keys('zone.>')).toEqual([]);
  }
  expect((await manager.streams.info('KV_LISTED')).state.consumer_count).toBe(0);
});
