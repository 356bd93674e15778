import { noteCosigners, readNoteKeys, witnessName } from '@freehold/evidence';
import { CONFIGURATION, HealthRegistry, LiveFile, NATS_CONNECTION } from '@freehold/platform';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit, type Provider } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/transport-node';
import type { AuditConfig } from '../audit.config.js';
import type { EvidenceStore } from '../evidence/evidence-store.port.js';
import { EVIDENCE_STORE } from '../evidence/evidence.providers.js';
import { postText } from './ask-witness.js';
import { Cosigning } from './cosigning.js';
import { jetStreamWitnessed } from './jetstream-witnessed.store.js';
import { Witness } from './witness.js';
import { readWitnessSettings } from './witness-settings.js';

@Injectable()
class CosigningRunner implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(Cosigning) private readonly cosigning: Cosigning,
    @Inject(HealthRegistry) private readonly health: HealthRegistry,
  ) {}

  onModuleInit(): void {
    this.cosigning.start();
    this.health.add('witnesses', () => this.cosigning.health());
  }

  async onApplicationShutdown(): Promise<void> {
    await this.cosigning.stop();
  }
}

export const witnessProviders: Provider[] = [
  {
    provide: Cosigning,
    inject: [EVIDENCE_STORE, CONFIGURATION],
    useFactory: (store: EvidenceStore, { witnessesFile, checkpointSeconds }: AuditConfig) =>
      new Cosigning({
        store,
        settings: () => readWitnessSettings(witnessesFile),
        post: postText,
        everyMs: Math.min(5, checkpointSeconds) * 1_000,
      }),
  },
  {
    provide: Witness,
    inject: [NATS_CONNECTION, CONFIGURATION],
    useFactory: (connection: NatsConnection, { publicUrl, witnessKeyFile, witnessesFile }: AuditConfig) => {
      const keys = new LiveFile(witnessKeyFile, (text) => readNoteKeys(witnessKeyFile, text));
      return new Witness({
        store: jetStreamWitnessed(connection),
        settings: () => readWitnessSettings(witnessesFile),
        cosigners: () => noteCosigners(witnessName(publicUrl), keys.content, Date.now()),
        now: () => Math.floor(Date.now() / 1_000),
      });
    },
  },
  CosigningRunner,
];
