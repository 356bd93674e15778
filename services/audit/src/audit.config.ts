import { contextFields } from '@freehold/platform';
import { z } from 'zod';

export const auditConfig = z.object({
  ...contextFields,
  publicUrl: z.url().describe('origin under which others reach this provider: it names the log'),
  logKeyFile: z.string().describe('file (mode 0600) with the Ed25519 key that checkpoints of the log are signed with'),
  witnessKeyFile: z
    .string()
    .describe('file (mode 0600) with the Ed25519 key that checkpoints of others are cosigned with'),
  witnessesFile: z
    .string()
    .describe('file (JSON) that names our witnesses and the logs that we witness; may be absent'),
  checkpointSeconds: z.coerce
    .number()
    .min(1)
    .max(60)
    .default(60)
    .describe('seconds after which a commit is in a signed checkpoint at the latest'),
});
export type AuditConfig = z.infer<typeof auditConfig>;
