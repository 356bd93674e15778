import { z } from 'zod';
import { OperatorToken } from './ids.js';
import { Actor } from './commit.js';
import { Role } from './permission.js';

/**
 * Who asks, as a service believes it: signed by the gateway, a process's service or an agent, and short-lived.
 * `operator` is the only source of the operator in a subject. `host` limits an agent to its host.
 */
export const Principal = z.object({
  actor: Actor,
  role: Role,
  operator: OperatorToken,
  host: z.string().optional(),
});
export type Principal = z.infer<typeof Principal>;
