import { ContextModule } from '@freehold/platform';
import { Module } from '@nestjs/common';
import { EvidenceOperations } from './evidence/evidence.operations.js';
import { evidenceProviders } from './evidence/evidence.providers.js';
import { LogFindingsOperations } from './meaning/log-findings.operations.js';
import { WitnessOperations } from './witnesses/witness.operations.js';
import { witnessProviders } from './witnesses/witness.providers.js';
import { LogOperations } from './log.operations.js';
import { views } from './views.js';

/**
 * audit: the log as a whole. It has no aggregates; its read models are the index of all commits, and what is
 * wrong in them. It keeps the log's evidence (evidence/log-evidence.ts).
 */
@Module({
  imports: [ContextModule.with({ name: 'audit', views, module: new URL('./views.js', import.meta.url).href })],
  controllers: [LogOperations, EvidenceOperations, WitnessOperations, LogFindingsOperations],
  providers: [...evidenceProviders, ...witnessProviders],
})
export class AuditModule {}
