import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AdditiveDigest } from '../domain/additive-digest.js';
import { namePattern } from '../domain/path-order.js';
import { presentPlaceOf } from '../places.js';
import type { PartReport, ReportJob, TableReport } from '../state-part.js';
import { withRedis } from './redis-engine.js';
import { databasesInUse, keys } from './redis-keys.js';
import type { RespClient } from './resp-client.js';

const Numbers = z.array(z.number());
const Digests = z.array(z.string());

/**
 * One row per database (`db0`), of the keys that do not expire: the others vanish with time, on one side earlier than on
 * the other. A value's digest is the server's own (`DEBUG DIGEST-VALUE`).
 */
export async function reportRedis({ site, part, options }: ReportJob): Promise<PartReport> {
  const place = { site, dataFolder: await presentPlaceOf(site, part), signal: options.signal };
  const left = part.leaveOut.map(({ path }) => namePattern(path));
  return withRedis(place, async (client) => {
    const tables: TableReport[] = [];
    for (const database of await databasesInUse(client)) {
      options.signal?.throwIfAborted();
      await client.call('SELECT', String(database));
      const { count, digest } = await digestDatabase(client, left);
      if (count > 0) tables.push({ name: `db${database}`, count, digest });
    }
    return { part: part.name, kind: 'redis', tables, counts: {} };
  });
}

async function digestDatabase(client: RespClient, left: readonly RegExp[]): Promise<{ count: number; digest: string }> {
  const sum = new AdditiveDigest();
  let count = 0;
  for await (const found of keys(client)) {
    const kept = await persistent(
      client,
      found.filter((key) => !left.some((pattern) => pattern.test(key))),
    );
    if (kept.length === 0) continue;
    const digests = Digests.parse(await client.call('DEBUG', 'DIGEST-VALUE', ...kept));
    for (const [index, key] of kept.entries()) {
      sum.add(
        createHash('sha256')
          .update(key, 'latin1')
          .update('\0')
          .update(digests[index] ?? '')
          .digest(),
      );
    }
    count += kept.length;
  }
  return { count, digest: sum.hex() };
}

async function persistent(client: RespClient, found: readonly string[]): Promise<string[]> {
  const times = Numbers.parse(await client.pipeline(found.map((key) => ['PTTL', key])));
  return found.filter((_, index) => times[index] === -1);
}
