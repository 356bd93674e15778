import { type ClaimedGround, claimGround } from '@freehold/supervisor/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { ReconciledBucket } from './reconciled-bucket.js';

let ground: ClaimedGround;
let connection: NatsConnection;
beforeAll(async () => {
  ground = await claimGround();
  connection = await ground.connect();
});
afterAll(() => ground.release());

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
