import {
  PublishedName,
  PublishedZone,
  ZONES_BUCKET,
  ZONES_COMPLETE_KEY,
  ZONES_DESCRIPTION,
} from '@freehold/provisioning-contract';
import { jetstreamManager, StorageType } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { HISTORY_OF_ERASED, ReconciledBucket } from './reconciled-bucket.js';

/** The bucket ZONES: what every name server answers. */
export class ZoneRecords extends ReconciledBucket<PublishedName | PublishedZone> {
  constructor(connection: NatsConnection) {
    super(connection, {
      name: ZONES_BUCKET,
      description: ZONES_DESCRIPTION,
      completeKey: ZONES_COMPLETE_KEY,
      erases: true,
    });
  }
}

/** Makes the bucket if it is missing. One of a version that took entries away to replace them gets room for both. Takes the administrator's credential. */
export async function ensureZones(admin: NatsConnection): Promise<void> {
  const bucket = { history: HISTORY_OF_ERASED, storage: StorageType.File, description: ZONES_DESCRIPTION };
  await new Kvm(admin).create(ZONES_BUCKET, bucket);
  const { streams } = await jetstreamManager(admin, { checkAPI: false });
  const { config } = await streams.info(`KV_${ZONES_BUCKET}`);
  if (config.max_msgs_per_subject < HISTORY_OF_ERASED)
    await streams.update(`KV_${ZONES_BUCKET}`, { max_msgs_per_subject: HISTORY_OF_ERASED });
}
