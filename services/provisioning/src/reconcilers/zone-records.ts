import {
  PublishedName,
  PublishedZone,
  ZONES_BUCKET,
  ZONES_COMPLETE_KEY,
  ZONES_DESCRIPTION,
} from '@freehold/provisioning-contract';
import type { NatsConnection } from '@nats-io/transport-node';
import { ReconciledBucket } from './reconciled-bucket.js';

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
