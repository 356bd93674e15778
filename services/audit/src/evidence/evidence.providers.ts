import { logOrigin, noteSigners, readNoteKeys } from '@freehold/evidence';
import type { Log } from '@freehold/log';
import {
  CONFIGURATION,
  FOLLOWING,
  type FollowingOfProcess,
  HealthRegistry,
  LiveFile,
  LOG,
  NATS_CONNECTION,
} from '@freehold/platform';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit, type Provider } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import type { AuditConfig } from '../audit.config.js';
import { jetStreamEvidence } from './jetstream-evidence.store.js';
import { LogEvidence } from './log-evidence.js';

export const EVIDENCE_STORE = Symbol('tiles and checkpoints');

@Injectable()
class EvidenceRunner implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(LogEvidence) private readonly evidence: LogEvidence,
    @Inject(HealthRegistry) private readonly health: HealthRegistry,
    @Inject(FOLLOWING) private readonly following: FollowingOfProcess,
  ) {}

  onModuleInit(): void {
    void this.following.mayFollow.then(() => this.evidence.start());
    this.health.add('evidence', () => this.evidence.health());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.evidence.stop();
  }
}

export const evidenceProviders: Provider[] = [
  { provide: EVIDENCE_STORE, inject: [NATS_CONNECTION], useFactory: jetStreamEvidence },
  {
    provide: LogEvidence,
    inject: [LOG, NATS_CONNECTION, CONFIGURATION],
    useFactory: (log: Log, connection: NatsConnection, { publicUrl, logKeyFile, checkpointSeconds }: AuditConfig) => {
      const keys = new LiveFile(logKeyFile, (text) => readNoteKeys(logKeyFile, text));
      const signers = () => noteSigners(logOrigin(publicUrl), keys.content, Date.now());
      const store = jetStreamEvidence(connection);
      return new LogEvidence({ log, store, signers, signEveryMs: checkpointSeconds * 1_000 });
    },
  },
  EvidenceRunner,
];
