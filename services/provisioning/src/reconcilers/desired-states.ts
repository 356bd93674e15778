import type { DesiredState } from '@freehold/provisioning-contract';
import type { NatsConnection } from '@nats-io/transport-node';
import { ReconciledBucket } from './reconciled-bucket.js';

/** The bucket DESIRED: `<host>.<environment>` → what must hold there. The complete key is one token: no agent sees it. */
export class DesiredStates extends ReconciledBucket<DesiredState> {
  constructor(connection: NatsConnection) {
    super(connection, {
      name: 'DESIRED',
      description: 'desired state by host and environment: written again from the log if it is lost',
      completeKey: 'complete',
    });
  }
}
