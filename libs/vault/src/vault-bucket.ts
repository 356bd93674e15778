import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { VaultBucketMismatch } from './vault-failure.js';

export const VAULT_BUCKET = 'VAULT';

export const bucketStream = (bucket: string): string => `KV_${bucket}`;
export const bucketSubject = (bucket: string, key: string): string => `$KV.${bucket}.${key}`;

/**
 * What a NATS user must be allowed to publish to in order to use the vault, besides subscribing to its inbox.
 * @param maker also to make the bucket, which one user of the cell does at start
 */
export function vaultSubjects(bucket: string = VAULT_BUCKET, maker = false): string[] {
  const stream = bucketStream(bucket);
  const requests = ['INFO', 'MSG.GET', 'MSG.DELETE', ...(maker ? ['CREATE'] : [])];
  return [bucketSubject(bucket, '>'), ...requests.map((request) => `$JS.API.STREAM.${request}.${stream}`)];
}

/** What the vault relies on. Two messages a key: what is replaced is there until it was overwritten (kv-store.ts).
 * `deny_delete` must be off: other clients turn it on for buckets, and then nothing can be
 * erased on disk. Compression is off and reads go to the leader, so that an erasure is seen at once.
 */
const promised = {
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.New,
  max_msgs_per_subject: 2,
  max_msgs: -1,
  max_bytes: -1,
  max_age: 0,
  deny_delete: false,
  deny_purge: false,
  allow_direct: false,
} as const satisfies Partial<StreamConfig>;

/**
 * Makes the vault's bucket if it is not there and checks its configuration field by field.
 * @param replicas 1 embedded, 3 in a cluster
 * @throws VaultBucketMismatch
 */
export async function ensureVaultBucket(
  connection: NatsConnection,
  bucket: string = VAULT_BUCKET,
  replicas = 1,
): Promise<void> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const name = bucketStream(bucket);
  const subjects = [bucketSubject(bucket, '>')];
  const present = await manager.streams.info(name).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined;
    throw error;
  });
  const info =
    present ??
    (await manager.streams.add({
      ...promised,
      name,
      subjects,
      allow_rollup_hdrs: true,
      num_replicas: replicas,
      max_msg_size: 256 * 1024,
    }));
  // Made by a version that never replaced a key.
  const { config } =
    info.config.max_msgs_per_subject === 1
      ? await manager.streams.update(name, { max_msgs_per_subject: promised.max_msgs_per_subject })
      : info;
  checkConfiguration(config, subjects);
}

function checkConfiguration(found: StreamConfig, subjects: string[]): void {
  for (const field of Object.keys(promised) as (keyof typeof promised)[]) {
    // The server leaves out what is off or zero.
    const actual = found[field] ?? (typeof promised[field] === 'boolean' ? false : 0);
    if (actual !== promised[field]) throw new VaultBucketMismatch(field, actual, promised[field]);
  }
  if (found.subjects.join() !== subjects.join()) throw new VaultBucketMismatch('subjects', found.subjects, subjects);
}
