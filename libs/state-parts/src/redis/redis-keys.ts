import { z } from 'zod';
import type { RespClient } from './resp-client.js';

const BATCH = '1000';
const ScanReply = z.tuple([z.string(), z.array(z.string())]);

/** Numbers of the databases that hold keys, in their order. */
export async function databasesInUse(client: RespClient): Promise<number[]> {
  const text = z.string().parse(await client.call('INFO', 'keyspace'));
  return [...text.matchAll(/^db(\d+):/gm)].map(([, number]) => Number(number)).sort((a, b) => a - b);
}

/** Keys of the chosen database, in batches, each once: a scan repeats some while the server resizes its table. */
export async function* keys(client: RespClient): AsyncIterable<string[]> {
  const seen = new Set<string>();
  let cursor = '0';
  do {
    const [next, found] = ScanReply.parse(await client.call('SCAN', cursor, 'COUNT', BATCH));
    const unseen = found.filter((key) => !seen.has(key));
    for (const key of unseen) seen.add(key);
    if (unseen.length > 0) yield unseen;
    cursor = next;
  } while (cursor !== '0');
}
