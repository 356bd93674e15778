import type { RunningService } from '@freehold/platform';
import { z } from 'zod';
import { NameServerHealth } from '../doctor/name-server-check.js';
import { type Seeded, withoutPython } from './seeds.js';

/** What the agent's health says about this machine. */
export const AgentHealth = z.object({
  isolation: z.string().optional(),
  python: z.object({ version: z.string() }).nullish().catch(null),
  names: NameServerHealth.nullish().catch(null),
});

/** Where the name server of this machine listens; null: nowhere. */
export async function nameServerPlace(services: readonly RunningService[]): Promise<string | null> {
  const names = (await agentHealth(services))?.names;
  return names ? `${names.address}:${names.port}` : null;
}

async function agentHealth(services: readonly RunningService[]) {
  const agent = services.find(({ name }) => name === 'agent');
  return agent && AgentHealth.safeParse((await agent.health.ask()).details['agent']).data;
}

/** What a person should know about this machine before ordering something. */
export async function hostWarnings(services: readonly RunningService[], { packages }: Seeded): Promise<string[]> {
  const health = await agentHealth(services);
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
