import { Resolver } from 'node:dns/promises';
import { z } from 'zod';
import type { CellHealth } from '../api/api-client.js';
import { type Check, notice, ok, problem } from './checks.js';

const TIMEOUT_MS = 2_000;

/** What an agent's health says about its name server. */
export const NameServerHealth = z.object({ address: z.string(), port: z.int(), zones: z.array(z.string()) });
type NameServerHealth = z.infer<typeof NameServerHealth>;
const Details = z.object({ agent: z.object({ names: NameServerHealth }) });

/** Asks the name server of this machine for its zones. */
export async function nameServerCheck({ services }: Pick<CellHealth, 'services'>): Promise<Check[]> {
  const found = Details.safeParse(services['agent']?.details).data;
  return found === undefined ? [] : [await answers(found.agent.names)];
}

async function answers({ address, port, zones }: NameServerHealth): Promise<Check> {
  const where = `${address}:${port}`;
  if (zones.length === 0) {
    const remedy = 'Provisioning publishes it within seconds of its start; the log file says what keeps it.';
    return notice('names', `${where} has no zone yet`, remedy);
  }
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 });
  resolver.setServers([address.includes(':') ? `[${address}]:${port}` : where]);
  try {
    const serials = await Promise.all(
      zones.map(async (zone) => `${zone} (serial ${(await resolver.resolveSoa(zone)).serial})`),
    );
    return ok('names', `${where} answers for ${serials.join(', ')}`);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return problem('names', `${where} does not answer: ${said}`, 'See what a firewall or another program does there.');
  }
}
