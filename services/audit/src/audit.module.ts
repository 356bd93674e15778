import { ContextModule } from '@freehold/platform';
import { commitIndexView } from '@freehold/projection';
import { Module } from '@nestjs/common';
import { LogOperations } from './log.operations.js';

/**
 * audit: the log as a whole. It has no aggregates; its one read model is the index of all commits.
 */
@Module({
  imports: [ContextModule.with({ name: 'audit', views: [commitIndexView] })],
  controllers: [LogOperations],
})
export class AuditModule {}
