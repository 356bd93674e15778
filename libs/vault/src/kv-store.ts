import { jetstream, type JetStreamManager, jetstreamManager, JetStreamApiError } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { eraseOlder, eraseReplaced, failure, nothing } from './erase-replaced.js';
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
    replace: (key, present, value) => replaceOnDisk({ bound, manager, bucket }, key, { present, value }),
    eraseReplaced: () => eraseReplaced(manager, bucket),
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

/**
 * Deletes the message itself, overwritten on disk (`no_erase` false); a KV "purge" would only mark the key. Again until
 * there is none: below the last one lies what it replaced, if a crash has left that.
 */
async function eraseOnDisk(bound: KV, manager: JetStreamManager, bucket: string, key: string): Promise<void> {
  for (let entry = await bound.get(checkStoreKey(key)); entry !== null;) {
    const { revision } = entry;
    const failed = await manager.streams.deleteMessage(bucketStream(bucket), revision, true).then(nothing, failure);
    entry = await bound.get(key);
    // Otherwise somebody else erased it meanwhile, or replaced it.
    if (failed !== undefined && entry?.revision === revision) throw failed.cause;
  }
}

/** The server would only mark what is replaced as gone, so it is kept (`max_msgs_per_subject`) and deleted here. */
async function replaceOnDisk(
  { bound, manager, bucket }: { bound: KV; manager: JetStreamManager; bucket: string },
  key: string,
  { present: expected, value }: { present: Uint8Array; value: Uint8Array },
): Promise<boolean> {
  const entry = await present(bound, key);
  if (entry === undefined || Buffer.compare(entry.value, expected) !== 0) return false;
  try {
    await bound.put(key, value, { previousSeq: entry.revision });
  } catch (error) {
    if (error instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.has(error.code)) return false;
    throw error;
  }
  await eraseOlder(manager, bucket, key);
  return true;
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
