import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { MoveClient } from '../host/move-client.js';
import { writeDurably } from '../journal/durable-file.js';
import { bagUnreadable } from './move-failures.js';
import type { MoveJob } from './move-work.js';

/** Pages of history at most: a cell that answers the same page again and again is not asked for ever. */
const MAX_PAGES = 100_000;

/** What the cell gives to a bag: the deployment, its identity, its secrets (encrypted to who receives them), its history. */
export async function writeDocuments(
  ask: Pick<MoveClient, 'documents'>,
  { job, work }: Pick<MoveJob<'capture-state'>, 'job' | 'work'>,
  bag: string,
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
  await pipeline(linesFrom(first, page), history);
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
