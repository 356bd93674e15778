import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errnoOf } from '../backend/backend-failure.js';
import { writeDurably } from '../journal/durable-file.js';
import { chooseAddress, claimsOnMachine } from '../router/choose-address.js';

const Place = z.object({ address: z.string(), port: z.int() });

/**
 * Where the router of this installation listens: as configured, else the loopback address that was chosen the first time,
 * which stays for as long as its port does.
 */
export async function routerPlace(
  folder: string,
  wanted: { address: string | undefined; port: number },
): Promise<{ address: string; port: number }> {
  if (wanted.address !== undefined) return { address: wanted.address, port: wanted.port };
  const file = join(folder, 'router.json');
  const kept = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  const place = kept === undefined ? undefined : Place.parse(JSON.parse(kept));
  if (place?.port === wanted.port) return place;
  const claimant = { claims: claimsOnMachine(join(folder, 'claims')), record: file };
  const chosen = { address: await chooseAddress(wanted.port, claimant), port: wanted.port };
  await writeDurably(file, JSON.stringify(chosen));
  return chosen;
}
