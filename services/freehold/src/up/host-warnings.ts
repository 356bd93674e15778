import type { RunningService } from '@freehold/platform';
import { z } from 'zod';
import { type Seeded, withoutPython } from './seeds.js';

/** What the agent's health says about this machine. */
export const AgentHealth = z.object({
  isolation: z.string().optional(),
  python: z.object({ version: z.string() }).nullish().catch(null),
});

/** What a person should know about this machine before ordering something. */
export async function hostWarnings(services: readonly RunningService[], { packages }: Seeded): Promise<string[]> {
  const agent = services.find(({ name }) => name === 'agent');
  if (agent === undefined) return [];
  const health = AgentHealth.safeParse((await agent.health.ask()).details['agent']).data;
  if (health === undefined) return [];
  const version = health.python?.version ?? null;
  const unavailable = withoutPython(packages, version);
  return [
    ...(unavailable.length === 0
      ? []
      : [
          `${version === null ? 'no Python' : `Python ${version}`} here, so not available: ${unavailable.join(', ')}. ` +
            'On Debian: apt install python3 python3-venv, then start again',
        ]),
    ...(health.isolation === 'none'
      ? ['applications are not isolated: they share your user. Start as root for a user and limits for each']
      : []),
  ];
}
