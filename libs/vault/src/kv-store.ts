import { jetstream, type JetStreamManager, jetstreamManager, JetStreamApiError } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { bucketStream, bucketSubject, VAULT_BUCKET } from './vault-bucket.js';
import { checkStoreKey, type VaultStore } from './vault-store.js';

/** A vault's store in a JetStream key-value bucket that {@link ensureVaultBucket} made. Does not close the connection. */
export async function kvStore(connection: NatsConnection, bucket: string = VAULT_BUCKET): Promise<VaultStore> {
  const bound = await new Kvm(jetstream(connection)).open(bucket, { allow_direct: false });
  const manager = await jetstreamManager(connection, { checkAPI: false });
  return {
    get: async (key) => (await present(bound, key))?.value,
    create: (key, value) => createOnly(bound, key, value),
    put: async (key, value) => {
      await bound.put(checkStoreKey(key), value);
    },
    erase: (key) => eraseOnDisk(bound, manager, bucket, key),
    keys: (prefix) => keysBelow(manager, bucket, prefix),
  };
}

async function present(bound: KV, key: string) {
  const entry = await bound.get(checkStoreKey(key));
  return entry?.operation === 'PUT' ? entry : undefined;
}

/** An expectation failed: 10071 on one server, 10164 in a cluster. */
const WRONG_LAST_SEQUENCE = new Set([10071, 10164]);

async function createOnly(bound: KV, key: string, value: Uint8Array): Promise<boolean> {
  try {
    await bound.put(checkStoreKey(key), value, { previousSeq: 0 });
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.has(error.code)) return false;
    throw error;
  }
}

/** Deletes the message itself, overwritten on disk (`no_erase` false); a KV "purge" would only mark the key. */
async function eraseOnDisk(bound: KV, manager: JetStreamManager, bucket: string, key: string): Promise<void> {
  const entry = await bound.get(checkStoreKey(key));
  if (entry === null) return;
  try {
    await manager.streams.deleteMessage(bucketStream(bucket), entry.revision, true);
  } catch (error) {
    // Somebody else erased it meanwhile, or replaced it: then what is there now is looked at again.
    const now = await bound.get(key);
    if (now === null) return;
    if (now.revision === entry.revision) throw error;
    await eraseOnDisk(bound, manager, bucket, key);
  }
}

/** From the stream's own index of subjects: needs no consumer. */
async function keysBelow(manager: JetStreamManager, bucket: string, prefix: string): Promise<string[]> {
  const filter = bucketSubject(bucket, prefix === '' ? '>' : `${checkStoreKey(prefix)}.>`);
  const info = await manager.streams.info(bucketStream(bucket), { subjects_filter: filter });
  const start = bucketSubject(bucket, '').length;
  return Object.keys(info.state.subjects ?? {})
    .map((subject) => subject.slice(start))
    .sort();
}
