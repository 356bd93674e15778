import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { MatrixPerson } from './matrix-person.js';

interface Server {
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
}

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** Media that somebody stored, by their address, with the digest of what was sent. */
export type StoredMedia = ReadonlyMap<string, string>;

/** Stores `count` files of random bytes, `sizeBytes` each. */
export async function storeMedia(person: MatrixPerson, count: number, sizeBytes: number): Promise<StoredMedia> {
  const stored = new Map<string, string>();
  for (let n = 0; n < count; n += 1) {
    const content = randomBytes(sizeBytes);
    stored.set(await person.upload(content), sha256(content));
  }
  return stored;
}

/** Addresses whose bytes are not what was sent, or not there. */
export async function differingMedia(person: MatrixPerson, stored: StoredMedia): Promise<string[]> {
  const differing: string[] = [];
  for (const [url, digest] of stored) {
    const found = await person.download(url).then(sha256, String);
    if (found !== digest) differing.push(`${url}: ${found}`);
  }
  return differing;
}

const Keys = z.object({ server_name: z.string(), verify_keys: z.record(z.string(), z.object({ key: z.string() })) });

/** What other Matrix servers know this one by (Matrix server-server API, "Publishing keys"). */
export async function serverKeys({ baseUrl, fetch }: Server): Promise<z.infer<typeof Keys>> {
  const answer = await fetch(`${baseUrl}/_matrix/key/v2/server`);
  return Keys.parse(await answer.json());
}

/** The user and device of an access token, null when the server does not know it. */
export async function ownerOfToken({ baseUrl, fetch }: Server, token: string): Promise<string | null> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${baseUrl}/_matrix/client/v3/account/whoami`, { headers });
  const owner = z.object({ user_id: z.string(), device_id: z.string() }).safeParse(await answer.json());
  return owner.success ? `${owner.data.user_id} ${owner.data.device_id}` : null;
}

/** How often each event is there that was not there exactly once: none, if all is well. */
export function notOnce(wanted: readonly string[], found: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map(wanted.map((id) => [id, 0]));
  for (const id of found) if (counts.has(id)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return new Map([...counts].filter(([, count]) => count !== 1));
}
