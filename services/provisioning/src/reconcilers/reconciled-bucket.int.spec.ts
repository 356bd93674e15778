import { Unavailable } from '@freehold/platform';
import { type ClaimedGround, claimGround, testGroundConfiguration } from '@freehold/supervisor/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ZONES_DESCRIPTION } from '@freehold/provisioning-contract';
import { jetstreamManager, StorageType } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import { ReconciledBucket } from './reconciled-bucket.js';
import { ensureZones } from './zone-records.js';

let ground: ClaimedGround;
let connection: NatsConnection;
beforeAll(async () => {
  ground = await claimGround();
  connection = await ground.connect();
});
afterAll(() => ground.release());

const bucketOf = (name: string, erases: boolean) =>
  new ReconciledBucket(connection, { name, description: 'a test', completeKey: 'complete', erases });

/** Everything that lies in the bucket's files. */
const onDisk = (name: string) => {
  const store = join(testGroundConfiguration().folder, 'nats', 'store', 'jetstream', ground.account, 'streams');
  const blocks = join(store, `KV_${name}`, 'msgs');
  return readdirSync(blocks)
    .map((block) => readFileSync(join(blocks, block), 'latin1'))
    .join('');
};

it.each([true, false])('leaves nothing on disk of what it replaced, if it is to (%s)', async (erases) => {
  const name = `ERASES_${String(erases)}`;
  const bucket = bucketOf(name, erases);
  const revision = async () => (await bucket.read('name.one')).revision;
  await bucket.write('name.one', { is: 'the-first-name' }, 0);
  const first = await revision();
  await bucket.write('name.one', { is: 'the-second-name' }, first);
  await expect(bucket.write('name.one', { is: 'late' }, first)).rejects.toThrow(Unavailable);
  expect(onDisk(name)).toContain('the-second-name');
  await bucket.write('name.one', null, await revision());
  expect(await bucket.read('name.one')).toMatchObject({ value: null });
  const left = ['the-first-name', 'the-second-name'].filter((each) => onDisk(name).includes(each));
  expect(left).toHaveLength(erases ? 0 : 2);
});

it('has something for every reader while it replaces, and erases each of it', async () => {
  const bucket = bucketOf('ASKED', true);
  await bucket.write('name.one', { is: 'number-0-' }, 0);
  const reader = await new Kvm(connection).open('ASKED');
  const done = new AbortController();
  const seen: (string | undefined)[] = [];
  const reading = (async () => {
    while (!done.signal.aborted) seen.push((await reader.get('name.one'))?.operation);
  })();
  const last = 40;
  for (let number = 1; number <= last; number += 1)
    await bucket.write('name.one', { is: `number-${number}-` }, (await bucket.read('name.one')).revision);
  done.abort();
  await reading;
  expect(seen.length).toBeGreaterThan(last / 4);
  expect(new Set(seen)).toEqual(new Set(['PUT']));
  expect(onDisk('ASKED').match(/number-\d+-/g)).toEqual([`number-${last}-`]);
});

it('erases at its start what a crash has left', async () => {
  const bucket = bucketOf('LEFT', true);
  await bucket.write('name.one', { is: 'there' }, 0);
  const killed = await new Kvm(connection).open('LEFT');
  await killed.put('name.one', JSON.stringify({ is: 'replaced' }));
  await killed.put('name.one', JSON.stringify({ is: 'whole' }));
  await killed.put('name.two', JSON.stringify({ is: 'kept' }));
  expect(onDisk('LEFT')).toContain('replaced');
  await bucketOf('LEFT', true).isComplete();
  expect(onDisk('LEFT')).not.toContain('replaced');
  expect([(await bucket.read('name.one')).value, (await bucket.read('name.two')).value]).toEqual([
    { is: 'whole' },
    { is: 'kept' },
  ]);
});

it('gives zones of before room for what is replaced', async () => {
  const { streams } = await jetstreamManager(connection);
  await new Kvm(connection).create('ZONES', { history: 1, storage: StorageType.File, description: ZONES_DESCRIPTION });
  await (await new Kvm(connection).open('ZONES')).put('name.one', 'kept');
  for (const _ of ['the first start', 'the next']) {
    await ensureZones(connection);
    expect((await streams.info('KV_ZONES')).config.max_msgs_per_subject).toBe(2);
  }
  expect((await (await new Kvm(connection).open('ZONES')).get('name.one'))?.string()).toBe('kept');
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
