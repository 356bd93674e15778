import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MerkleTree, readTree, TileUnreadable } from '@freehold/evidence';
import { type ClaimedGround, claimGround } from '@freehold/supervisor/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { randomBytes } from 'node:crypto';
import type { EvidenceStore } from './evidence-store.port.js';
import { ensureEvidence, jetStreamEvidence } from './jetstream-evidence.store.js';
import { memoryEvidence } from './memory-evidence.store.js';

const NOTE = (size: number) =>
  `cloud.example/log\n${size}\n${Buffer.alloc(32, size).toString('base64')}\n\n— a AAAAAAA=\n`;

let ground: ClaimedGround;
let connection: NatsConnection;
beforeAll(async () => {
  ground = await claimGround();
  connection = await ground.connect();
}, 360_000);
afterAll(() => ground.release());

const stores: [string, () => Promise<EvidenceStore>][] = [
  ['memory', async () => memoryEvidence()],
  [
    'JetStream',
    async () => {
      const manager = await jetstreamManager(connection);
      for await (const { config } of manager.streams.list()) await manager.streams.delete(config.name);
      await ensureEvidence(connection);
      await ensureEvidence(connection);
      return jetStreamEvidence(connection);
    },
  ],
];

describe.each(stores)('evidence kept in %s', (_, open) => {
  let store: EvidenceStore;
  beforeEach(async () => {
    store = await open();
  });

  it('has the newest checkpoint, and takes another only on top of the one that was seen', async () => {
    expect(await store.last()).toBeNull();
    const first = await store.keep({ note: NOTE(1), volumes: [0] }, 0);
    expect(first).not.toBeNull();
    expect(await store.keep({ note: NOTE(2), volumes: [0] }, 0)).toBeNull();
    const second = await store.keep({ note: NOTE(3), volumes: [0, 2] }, first!);
    expect(await store.last()).toMatchObject({
      note: NOTE(3),
      volumes: [0, 2],
      revision: second,
      checkpoint: { size: 3 },
    });
  });

  it('carries a tree of every size that was settled', async () => {
    const tree = await MerkleTree.open(store.tiles);
    const roots = new Map<number, Uint8Array>();
    for (const count of [1, 3, 251, 1, 2, 300, 400]) {
      await tree.append(randomBytes(count * 32));
      await tree.settle();
      roots.set(tree.size, tree.root());
    }
    for (const [size, root] of roots) {
      expect(Buffer.from(await readTree(store.tiles, size).root())).toEqual(Buffer.from(root));
      expect(Buffer.from((await MerkleTree.open(store.tiles, size)).root())).toEqual(Buffer.from(root));
    }
    expect(await store.tiles.get('tile/0/009')).toBeNull();
    await expect(MerkleTree.open(store.tiles, 100_000)).rejects.toBeInstanceOf(TileUnreadable);
  });
});

describe('tiles in JetStream', () => {
  it('keep the widest of a place, whoever writes in which order', async () => {
    const { tiles } = await stores[1]![1]();
    const full = randomBytes(256 * 32);
    const wide = full.subarray(0, 7 * 32);
    await Promise.all([tiles.put('tile/0/000.p/7', wide), tiles.put('tile/0/000.p/3', wide.subarray(0, 96))]);
    expect(Buffer.from((await tiles.get('tile/0/000.p/7'))!)).toEqual(wide);
    expect(Buffer.from((await tiles.get('tile/0/000.p/3'))!)).toEqual(wide.subarray(0, 96));
    expect(await tiles.get('tile/0/000.p/8')).toBeNull();
    expect(await tiles.get('tile/0/000')).toBeNull();
    await tiles.put('tile/0/000', full);
    await tiles.put('tile/0/000.p/7', wide);
    expect(Buffer.from((await tiles.get('tile/0/000'))!)).toEqual(full);
    // By the messages: of a stream that was just deleted and made again, the server was seen to count subjects of before.
    const keys = await (await new Kvm(connection).open('TILES', { bindOnly: true })).keys();
    expect(await Array.fromAsync(keys)).toHaveLength(1);
  });

  it('that are wrong are replaced', async () => {
    const { tiles } = await stores[1]![1]();
    await tiles.put('tile/0/000.p/2', Buffer.alloc(64, 1));
    await tiles.put('tile/0/000.p/2', Buffer.alloc(64, 2));
    expect(Buffer.from((await tiles.get('tile/0/000.p/2'))!)).toEqual(Buffer.alloc(64, 2));
  });

  it('are written nowhere else', async () => {
    const { tiles } = await stores[1]![1]();
    await expect(tiles.get('../secret')).rejects.toThrow(RangeError);
    await expect(tiles.put('tile/0/../x', Buffer.of())).rejects.toThrow(RangeError);
  });

  it('stand beside checkpoints that nobody removes', async () => {
    const store = await stores[1]![1]();
    const sequence = (await store.keep({ note: NOTE(1), volumes: [0] }, 0))!;
    const manager = await jetstreamManager(connection);
    await expect(manager.streams.deleteMessage('CHECKPOINTS', sequence)).rejects.toThrow();
    await expect(manager.streams.purge('CHECKPOINTS')).rejects.toThrow();
  });
});
