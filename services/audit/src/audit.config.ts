import { contextFields } from '@freehold/platform';
import { z } from 'zod';

export const auditConfig = z.object(contextFields);
export type AuditConfig = z.infer<typeof auditConfig>;
