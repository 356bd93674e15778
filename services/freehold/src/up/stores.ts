import { ensurePackagesBucket } from '@freehold/application-package';
import { ensureEvidence } from '@freehold/audit';
import { ensureLogStream } from '@freehold/log';
import { ensureOps } from '@freehold/platform';
import { ensureZones } from '@freehold/provisioning';
import { ensureVaultBucket, openVault, kvStore } from '@freehold/vault';
import { DiscardPolicy, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';

/** As provisioning's reconciler opens it: a bucket's description is part of its configuration. */
const DESIRED_TEXT = 'desired state by host and environment: written again from the log if it is lost';

export interface StoreOptions {
  masterKeyFile: string;
  /** Size of the log's first volume; chosen when it is made. */
  logMaxBytes: number;
}

/** Makes what is missing and checks what is there: log, vault with its master key, and the buckets. Takes `admin`. */
export async function ensureStores(admin: NatsConnection, { masterKeyFile, logMaxBytes }: StoreOptions): Promise<void> {
  await Promise.all([
    ensureLogStream(admin, { maxBytes: logMaxBytes }),
    ensureVaultBucket(admin),
    ensureOps(admin),
    ensurePackagesBucket(admin),
    new Kvm(admin).create('DESIRED', {
      history: 1,
      storage: StorageType.File,
      description: DESIRED_TEXT,
    }),
    ensureZones(admin),
    ensureEvidence(admin),
    ensureJobs(admin),
  ]);
  await openVault({ store: await kvStore(admin), masterKeyFile });
}

async function ensureJobs(admin: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(admin);
  await manager.streams.add({
    name: 'JOBS',
    subjects: ['job.>'],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
  });
}
