import { ContextModule } from '@freehold/platform';
import { commitIndexView } from '@freehold/projection';
import { Module } from '@nestjs/common';
import { EvidenceOperations } from './evidence/evidence.operations.js';
import { evidenceProviders } from './evidence/evidence.providers.js';
import { LogOperations } from './log.operations.js';

/**
 * audit: the log as a whole. It has no aggregates; its one read model is the index of all commits. It keeps the
 * log's evidence (evidence/log-evidence.ts).
 */
@Module({
  imports: [ContextModule.with({ name: 'audit', views: [commitIndexView] })],
  controllers: [LogOperations, EvidenceOperations],
  providers: evidenceProviders,
})
export class AuditModule {}
