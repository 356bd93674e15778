import { z } from 'zod';
import { OperatorToken } from './ids.js';
import { Actor } from './commit.js';
import { Role } from './permission.js';

/**
 * Who asks, as a service believes it: signed by the gateway, a process's service or an agent, and short-lived.
 * `operator` is the only source of the operator in a subject. `host` limits an agent to its host. `nonce` is what another
 * provider signed with its request, `kid` the key it used; whoever gave it out judges whether it is fresh.
 */
export const Principal = z.object({
  actor: Actor,
  role: Role,
  operator: OperatorToken,
  host: z.string().optional(),
  nonce: z.string().max(200).optional(),
  kid: z.string().max(100).optional(),
});
export type Principal = z.infer<typeof Principal>;
