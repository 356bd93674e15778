import { checkPath } from '@freehold/bag';
import { comparePaths } from '@freehold/state-parts';
import type { PlanTotals, SaidFile } from './fetch-plan.js';
import type { LineSpool } from './line-spool.js';
import { endLine, listingLine, readListing, type SaidEntry } from './listing-lines.js';
import { listingUnreadable, tooLarge } from './move-failures.js';
import { TransferBroken } from './transfer-broken.js';
import type { TransferClient } from './transfer-client.js';
import type { ListKind } from './transfer-path.js';
import { ordered } from './tree-order.js';

/** What may be said at most. Null: as much as there is. */
export interface SaidLimits {
  readonly maxBytes: number | null;
  readonly maxFiles: number | null;
}

interface Spooling {
  readonly client: Pick<TransferClient, 'open' | 'patiently'>;
  readonly spool: LineSpool;
  readonly signal: AbortSignal;
}

/** A list that begins to come. */
export interface OpenedList {
  readonly what: ListKind;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** A listing where a source knows no outlines. Null: it has no such part. */
export async function openList(
  what: ListKind,
  name: string,
  { client, signal }: Pick<Spooling, 'client' | 'signal'>,
): Promise<OpenedList | null> {
  const chunks = await client.patiently(() => client.open([what, name], signal), signal);
  if (chunks !== null) return { what, chunks };
  return what === 'outline' ? openList('listing', name, { client, signal }) : null;
}

/**
 * Takes the source's list of a part at the network's pace; who joins it with the disk reads on behind. A list that breaks
 * is asked for again, and goes on behind the last entry that came: each says what was there when it was made, anyway.
 */
export async function spoolListing(
  name: string,
  { what, chunks: first }: OpenedList,
  { client, spool, signal }: Spooling,
): Promise<void> {
  let entries = 0;
  let last: string | undefined;
  let opened: AsyncIterable<Uint8Array> | null = first;
  await client.patiently(async () => {
    opened ??= await client.open([what, name], signal);
    if (opened === null) throw new TransferBroken('its list is gone');
    const chunks = opened;
    opened = null;
    for await (const entry of readListing(chunks, refuse(name))) {
      signal.throwIfAborted();
      if (what === 'listing' && entry.type === 'file' && entry.sha256 === undefined)
        refuse(name)(`${entry.path} has no digest`);
      if (last !== undefined && comparePaths(entry.path, last) <= 0) continue;
      [last, entries] = [entry.path, entries + 1];
      await spool.write(listingLine(entry));
    }
  }, signal);
  await spool.write(endLine(entries));
}

/** Files of a list, in the order of the tree, while they are no more than is allowed. Links and folders are put right from the bag. */
export async function* readSaid(
  name: string,
  spool: LineSpool,
  totals: Readonly<PlanTotals>,
  { maxBytes, maxFiles }: SaidLimits,
): AsyncGenerator<SaidFile> {
  const entries = checked(name, readListing(spool.read(), refuse(name)));
  for await (const entry of ordered(entries, (path) => refuse(name)(`${path} is not in its place`))) {
    if (entry.type !== 'file') continue;
    if (maxFiles !== null && totals.files >= maxFiles) throw tooLarge(`more than ${maxFiles} files`);
    if (maxBytes !== null && totals.bytes + entry.sizeBytes > maxBytes) throw tooLarge(`more than ${maxBytes} bytes`);
    const { path, sizeBytes, sha256, mode } = entry;
    yield { path, sizeBytes, sha256, mode, mtimeUs: Number(entry.mtimeNs / 1_000n) };
  }
}

async function* checked(name: string, entries: AsyncIterable<SaidEntry>): AsyncGenerator<SaidEntry> {
  for await (const entry of entries) {
    if (entry.path === '.' || entry.path === '') continue;
    const [finding] = checkPath(entry.path, `/parts/${name}`);
    if (finding !== undefined) refuse(name)(finding.detail);
    yield entry;
  }
}

const refuse =
  (name: string) =>
  (why: string): never => {
    throw listingUnreadable(name, why);
  };
