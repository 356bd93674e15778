import { ContextModule } from '@freehold/platform';
import { commitIndexView } from '@freehold/projection';
import { Module } from '@nestjs/common';
import { EvidenceOperations } from './evidence/evidence.operations.js';
import { evidenceProviders } from './evidence/evidence.providers.js';
import { WitnessOperations } from './witnesses/witness.operations.js';
import { witnessProviders } from './witnesses/witness.providers.js';
import { LogOperations } from './log.operations.js';

/**
 * audit: the log as a whole. It has no aggregates; its one read model is the index of all commits. It keeps the
 * log's evidence (evidence/log-evidence.ts).
 */
@Module({
  imports: [ContextModule.with({ name: 'audit', views: [commitIndexView] })],
  controllers: [LogOperations, EvidenceOperations, WitnessOperations],
  providers: [...evidenceProviders, ...witnessProviders],
})
export class AuditModule {}
