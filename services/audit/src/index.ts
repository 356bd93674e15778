import { auditConfig } from './audit.config.js';
import { AuditModule } from './audit.module.js';

export { ensureEvidence, jetStreamEvidence } from './evidence/jetstream-evidence.store.js';
export { LogEvidence } from './evidence/log-evidence.js';

/** What `freehold serve audit` boots. */
export const auditService = { name: 'audit', module: AuditModule, configSchema: auditConfig } as const;
