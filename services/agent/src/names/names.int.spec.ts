import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  PublishedName,
  publishedNameKey,
  publishedZoneKey,
  ZONES_BUCKET,
  ZONES_COMPLETE_KEY,
} from '@freehold/provisioning-contract';
import { type ClaimedGround, claimGround, eventually } from '@freehold/supervisor/testing';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { mkdtemp, readFile } from 'node:fs/promises';
import { Resolver } from 'node:dns/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Names, startNames } from './names.js';
import { named, zone, ZONE } from './zones.fixture.js';

const ADDRESS = '127.0.0.1';

describe('the names of a host', () => {
  let ground: ClaimedGround;
  let connection: NatsConnection;
  let bucket: KV;
  let folder: string;
  let names: Names;
  const start = async (more: { port?: number; connection?: NatsConnection } = {}) => {
    names = await startNames({ folder, address: ADDRESS, port: 0, connection, ...more });
  };
  const leadsTo = async (name: string): Promise<string> => {
    const resolver = new Resolver({ timeout: 1_000, tries: 1 });
    resolver.setServers([`${ADDRESS}:${names.server.port}`]);
    return resolver.resolve4(`${name}.${ZONE}`).then(
      (found) => found.join(),
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
  };
  const publish = (key: string, value: object) => bucket.put(key, JSON.stringify(value));
  const name = (text: string, address: string): [string, PublishedName] => [
    publishedNameKey(text),
    named(`${text}.${ZONE}`, { type: 'A', data: address }),
  ];

  beforeAll(async () => {
    ground = await claimGround();
    connection = await ground.connect();
  });
  afterAll(() => ground.release());
  beforeEach(async () => {
    folder = await mkdtemp(join(ground.folder, 'names-'));
    bucket = await new Kvm(connection).create(ZONES_BUCKET);
    await publish(publishedZoneKey(ZONE), zone);
    await publish(...name('chat', '127.0.0.2'));
    await bucket.put(ZONES_COMPLETE_KEY, 'now');
  });
  afterEach(async () => {
    await names.close();
    await connection.request(`$JS.API.STREAM.DELETE.KV_${ZONES_BUCKET}`);
  });

  it('follow what is published, as it changes', async () => {
    await start();
    expect(await eventually(async () => (await leadsTo('chat')) === '127.0.0.2')).toBe(true);
    await publish(...name('chat', '192.0.2.1'));
    expect(await eventually(async () => (await leadsTo('chat')) === '192.0.2.1')).toBe(true);
    await bucket.delete(publishedNameKey('chat'));
    expect(await eventually(async () => (await leadsTo('chat')) === 'ENOTFOUND')).toBe(true);
    expect(names.zones.zoneNames).toEqual([ZONE]);
    const kept = () => readFile(join(folder, 'names.json'), 'utf8');
    expect(await eventually(async () => !(await kept()).includes('chat'))).toBe(true);
  });

  it('pass over what cannot be read', async () => {
    await start();
    expect(await eventually(async () => (await leadsTo('chat')) === '127.0.0.2')).toBe(true);
    await bucket.put(publishedNameKey('bad'), 'no json');
    await publish(publishedNameKey('chat'), {
      name: `chat.${ZONE}`,
      ttlS: 60,
      records: [{ type: 'A', data: 'nowhere' }],
    });
    await publish(...name('last', '127.0.0.3'));
    expect(await eventually(async () => (await leadsTo('last')) === '127.0.0.3')).toBe(true);
    expect(await leadsTo('chat')).toBe('127.0.0.2');
  });

  it('are those last known, at the same port, after a start without NATS', async () => {
    await start();
    expect(await eventually(async () => (await leadsTo('chat')) === '127.0.0.2')).toBe(true);
    const { port } = names.server;
    await names.close();
    const gone = await ground.connect();
    await gone.close();
    await start({ connection: gone });
    expect(names.server.port).toBe(port);
    expect(await leadsTo('chat')).toBe('127.0.0.2');
  });

  it('forget nothing while a lost bucket is being filled again, and what is gone once it is', async () => {
    await start();
    expect(await eventually(async () => (await leadsTo('chat')) === '127.0.0.2')).toBe(true);
    await names.close();
    await bucket.purge(publishedNameKey('chat'));
    await connection.request(`$JS.API.STREAM.DELETE.KV_${ZONES_BUCKET}`);
    bucket = await new Kvm(connection).create(ZONES_BUCKET);
    await publish(...name('new', '127.0.0.4'));
    await start();
    expect(await eventually(async () => (await leadsTo('new')) === '127.0.0.4')).toBe(true);
    expect(await leadsTo('chat')).toBe('127.0.0.2');
    await names.close();
    await publish(publishedZoneKey(ZONE), zone);
    await bucket.put(ZONES_COMPLETE_KEY, 'now');
    await start();
    expect(await eventually(async () => (await leadsTo('chat')) === 'ENOTFOUND')).toBe(true);
    expect(await leadsTo('new')).toBe('127.0.0.4');
  });

  it('take another port when theirs is taken, but not when it is configured', async () => {
    await start();
    const { port } = names.server;
    await names.close();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen({ host: ADDRESS, port }, resolve));
    await expect(start({ port })).rejects.toMatchObject({ name: 'NoDnsPort', port });
    await start();
    expect(names.server.port).not.toBe(port);
    await new Promise((resolve) => other.close(resolve));
  });
});
