import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

/**
 * The keys of a bucket (KV) that fit the filter, those of deleted entries too. Asked of the stream's own index of subjects:
 * `keys()` and `history()` of the client make a consumer, and leave it behind where there is nothing to read.
 *
 * @param filter of keys, with `*` and `>` as in subjects
 * @throws JetStreamApiError when there is no such bucket
 */
export async function keysInBucket(connection: NatsConnection, bucket: string, filter: string): Promise<string[]> {
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const prefix = `$KV.${bucket}.`;
  const { state } = await manager.streams.info(`KV_${bucket}`, { subjects_filter: `${prefix}${filter}` });
  return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(prefix.length));
}
