import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errnoOf } from '../backend/backend-failure.js';
import type { MoveClient } from '../host/move-client.js';
import { writeDurably } from '../journal/durable-file.js';
import { bagUnreadable } from './move-failures.js';
import type { MoveJob } from './move-work.js';

/** Pages of history at most: a cell that answers the same page again and again is not asked for ever. */
const MAX_PAGES = 100_000;

/**
 * What the cell gives to a bag: the deployment, its identity, its secrets (encrypted to who receives them), its history,
 * after what came with it from earlier providers.
 */
export async function writeDocuments(
  ask: Pick<MoveClient, 'documents'>,
  { job, work }: Pick<MoveJob<'capture-state'>, 'job' | 'work'>,
  { bag, earlier }: { readonly bag: string; readonly earlier: string },
): Promise<void> {
  const { operator, deployment } = job;
  const { move, recipient } = work;
  const page = (after: string | null) => ask.documents({ operator, deployment, move, recipient, after });
  const first = await page(null);
  const data = join(bag, 'data');
  await writeDurably(join(data, 'deployment.json'), JSON.stringify(first.deployment));
  await writeDurably(join(data, 'identity.json'), JSON.stringify(first.identity));
  await writeDurably(join(data, 'secrets.age'), first.secrets);
  const history = createWriteStream(join(data, 'history.jsonl'), { mode: 0o600, flush: true });
  await pipeline(wholeHistory(earlier, linesFrom(first, page)), history);
}

/** What earlier providers recorded, then what this one did. */
async function* wholeHistory(earlier: string, own: AsyncIterable<string>): AsyncGenerator<string | Uint8Array> {
  try {
    yield* createReadStream(earlier);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  yield* own;
}

type Page = Awaited<ReturnType<MoveClient['documents']>>;

async function* linesFrom(first: Page, page: (after: string) => Promise<Page>): AsyncGenerator<string> {
  let at = first;
  for (let number = 0; number < MAX_PAGES; number += 1) {
    for (const line of at.history) yield `${line.replaceAll(/[\r\n]+/g, ' ')}\n`;
    if (at.next === null) return;
    at = await page(at.next);
  }
  throw bagUnreadable('its history has no end');
}
