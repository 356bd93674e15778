import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ERASED } from '@freehold/kernel';
import { type ClaimedGround, claimGround, eventually, testGroundConfiguration } from '@freehold/supervisor/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { kvStore } from './kv-store.js';
import { rotateMasterKey } from './master-key-rotation.js';
import { placeOf } from './personal-data.js';
import { OPERATOR } from './testing/memory-vault.fixture.js';
import { vaultStoreConformance } from './testing/vault-store.conformance.js';
import { ensureVaultBucket, vaultSubjects } from './vault-bucket.js';
import { VaultBucketMismatch } from './vault-failure.js';
import type { VaultStore } from './vault-store.js';
import { openVault, type Vault } from './vault.js';

let ground: ClaimedGround;
let connection: NatsConnection;
let buckets = 0;

beforeAll(async () => {
  ground = await claimGround();
  connection = await ground.connect();
}, 360_000);
afterAll(() => ground.release());

/** A bucket of its own for each test. */
async function freshBucket(): Promise<string> {
  buckets += 1;
  const bucket = `VAULT_${buckets}`;
  await ensureVaultBucket(connection, bucket);
  return bucket;
}

/** All bytes that the server keeps for the bucket, as latin1 text; the folder comes from the server's store. */
async function bytesOnDisk(bucket: string): Promise<string> {
  const folder = join(natsStoreFolder(), 'jetstream', ground.account, 'streams', `KV_${bucket}`);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n');
}

const natsStoreFolder = () => join(testGroundConfiguration().folder, 'nats', 'store');

const textOf = async (store: VaultStore, key: string): Promise<string> =>
  Buffer.from((await store.get(key)) ?? []).toString('latin1');

/** Pieces of 16 characters of a wrapped key, without what every age file begins with. */
function piecesOf(wrapped: string): string[] {
  const own = wrapped.replace('age-encryption.org/v1\n-> X25519 ', '');
  return own.match(/[^]{16}/g) ?? [];
}

vaultStoreConformance('a JetStream bucket', async () => ({
  store: await kvStore(connection, await freshBucket()),
  close: async () => {},
}));

describe('the bucket', () => {
  test('is made once and accepted again', async () => {
    await ensureVaultBucket(connection, await freshBucket());
  });

  test('in which nothing can be erased is refused, naming the field', async () => {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({
      name: 'KV_DENY',
      subjects: ['$KV.DENY.>'],
      deny_delete: true,
      max_msgs_per_subject: 1,
    });
    await expect(ensureVaultBucket(connection, 'DENY')).rejects.toThrow(VaultBucketMismatch);
    await expect(ensureVaultBucket(connection, 'DENY')).rejects.toMatchObject({ found: expect.anything() });
  });
});

describe('a vault on JetStream', () => {
  const place = placeOf(OPERATOR, 'operator.name');
  let bucket: string;
  let store: VaultStore;
  let vault: Vault;

  beforeEach(async () => {
    bucket = await freshBucket();
    store = await kvStore(connection, bucket);
    vault = await openVault({ store, masterKeyFile: join(ground.folder, `${bucket}.key`) });
  });

  test('writes no planted value in the clear, nor in an encoding, into the server’s files', async () => {
    const planted = 'Planted-Value-Zaphod-42';
    await vault.encipher(await vault.ensureKey(OPERATOR), place, planted, 'name');
    await vault.putSecret(OPERATOR, 'admin-password', planted);
    const bytes = await bytesOnDisk(bucket);
    expect(bytes).toContain(`$KV.${bucket}.secret.${OPERATOR}.admin-password`);
    const cellKey = Buffer.from(await vault.cellKey('name'));
    for (const clear of [Buffer.from(planted), cellKey]) {
      for (const encoding of ['latin1', 'base64', 'base64url', 'hex'] as const) {
        expect(bytes).not.toContain(clear.toString(encoding).replace(/=+$/, ''));
      }
    }
  });

  test('erasing a key takes its bytes off the disk', async () => {
    const value = await vault.encipher(await vault.ensureKey(OPERATOR), place, 'Ada');
    const wrapped = await textOf(store, `key.personal.${OPERATOR}`);
    expect(piecesOf(wrapped).length).toBeGreaterThan(10);
    expect(await bytesOnDisk(bucket)).toContain(wrapped);
    await vault.eraseKey(OPERATOR);
    const bytes = await bytesOnDisk(bucket);
    expect(bytes).toContain(`erased.personal.${OPERATOR}`);
    for (const piece of piecesOf(wrapped)) expect(bytes).not.toContain(piece);
    expect(await vault.open(value, place)).toBe(ERASED);
  });

  test('the scan sees what a deletion without erasure leaves behind', async () => {
    await vault.ensureKey(OPERATOR);
    const wrapped = await textOf(store, `key.personal.${OPERATOR}`);
    const manager = await jetstreamManager(connection);
    const message = await manager.streams.getMessage(`KV_${bucket}`, {
      last_by_subj: `$KV.${bucket}.key.personal.${OPERATOR}`,
    });
    await manager.streams.deleteMessage(`KV_${bucket}`, message?.seq ?? 0, false);
    expect(await bytesOnDisk(bucket)).toContain(wrapped);
  });

  test('rotating the master key takes what was wrapped by the old one off the disk, also after a crash', async () => {
    const value = await vault.encipher(await vault.ensureKey(OPERATOR), place, 'Ada');
    const old = await textOf(store, `key.personal.${OPERATOR}`);
    expect(await bytesOnDisk(bucket)).toContain(old);
    const masterKeyFile = join(ground.folder, `${bucket}.key`);
    expect(await rotateMasterKey({ store, masterKeyFile, settleMs: 0 })).toMatchObject({ rewrapped: 2 });
    for (const piece of piecesOf(old)) expect(await bytesOnDisk(bucket)).not.toContain(piece);
    expect(await vault.open(value, place)).toBe('Ada');
    const torn = await textOf(store, `key.personal.${OPERATOR}`);
    await store.put(`key.personal.${OPERATOR}`, Buffer.from('what replaced it'));
    expect(await bytesOnDisk(bucket)).toContain(torn);
    await store.eraseReplaced();
    for (const piece of piecesOf(torn)) expect(await bytesOnDisk(bucket)).not.toContain(piece);
  });

  test('erasing a key takes away what a crash has left below it, too', async () => {
    await vault.ensureKey(OPERATOR);
    const below = await textOf(store, `key.personal.${OPERATOR}`);
    await store.put(`key.personal.${OPERATOR}`, Buffer.from('what replaced it'));
    await vault.eraseKey(OPERATOR);
    for (const piece of piecesOf(below)) expect(await bytesOnDisk(bucket)).not.toContain(piece);
    expect(await store.get(`key.personal.${OPERATOR}`)).toBeUndefined();
  });

  test('a bucket of an older version, which kept one message a key, is changed', async () => {
    const manager = await jetstreamManager(connection);
    await manager.streams.update(`KV_${bucket}`, { max_msgs_per_subject: 1 });
    await ensureVaultBucket(connection, bucket);
    expect((await manager.streams.info(`KV_${bucket}`)).config.max_msgs_per_subject).toBe(2);
  });

  test('shredding takes keys and secrets off the disk, replaced ones included', async () => {
    await vault.putSecret(OPERATOR, 'token', 'first');
    await vault.putSecret(OPERATOR, 'token', 'second', { replace: true });
    const gone = [await textOf(store, `key.secrets.${OPERATOR}`), await textOf(store, `secret.${OPERATOR}.token`)];
    const before = await bytesOnDisk(bucket);
    for (const record of gone) expect(before).toContain(record);
    await vault.shredSecrets(OPERATOR);
    const after = await bytesOnDisk(bucket);
    for (const record of gone) expect(after).not.toContain(record);
    expect(await vault.getSecret(OPERATOR, 'token')).toBeUndefined();
  });

  test('asks the server for nothing that its user is not to be allowed', async () => {
    const seen = new Set<string>();
    const listener = await ground.connect();
    for (const subject of ['$JS.API.>', '$KV.>']) {
      listener.subscribe(subject, { callback: (_error, message) => void seen.add(message.subject) });
    }
    await listener.flush();
    const fresh = await freshBucket();
    const opened = await openVault({
      store: await kvStore(connection, fresh),
      masterKeyFile: join(ground.folder, `${fresh}.key`),
    });
    await opened.putSecret(OPERATOR, 'token', 'x', { replace: true });
    await opened.shredSecrets(OPERATOR);
    const allowed = vaultSubjects(fresh, true);
    const isAllowed = (subject: string) =>
      allowed.includes(subject) || subject.startsWith(`${allowed[0]?.slice(0, -1)}`);
    const erasing = `$JS.API.STREAM.MSG.DELETE.KV_${fresh}`;
    expect(await eventually(() => seen.has(erasing))).toBe(true);
    expect([...seen].filter((subject) => !isAllowed(subject))).toEqual([]);
    expect(allowed.slice(1).filter((subject) => !seen.has(subject))).toEqual([]);
  });

  test('erasure holds at once in a vault that has the key cached', async () => {
    const other = await openVault({
      store: await kvStore(await ground.connect(), bucket),
      masterKeyFile: join(ground.folder, `${bucket}.key`),
    });
    const value = await vault.encipher(await vault.ensureKey(OPERATOR), place, 'Ada');
    expect(await other.open(value, place)).toBe('Ada');
    await vault.eraseKey(OPERATOR);
    expect(await other.openAll({ name: value }, OPERATOR)).toEqual({ name: ERASED });
  });
});
