import type { Finding } from '@freehold/kernel';
import { listFiles, outlineFiles, StateFailure } from '@freehold/state-parts';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { isBrokenOff } from './broken-off.js';
import { findingOf, GivenUp } from '../reconciler/failures.js';
import { endLine, listingLine, refusedLine } from './listing-lines.js';
import { withRunFolder } from './move-folders.js';
import { entriesForBag } from './refused-entries.js';
import type { ServedPart } from './database-copies.js';
import type { ListKind } from './transfer-path.js';

/** While a large file is hashed, an empty line tells that somebody works on it. */
const HEARTBEAT_MS = 5_000;

export interface Listing extends ServedPart {
  readonly what: ListKind;
  readonly digests: string;
  /** Awaited before the first entry. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
}

/** Answers with all entries of a part, as they are now, or in the end with what no bag could hold of it. */
export async function sendListing(listing: Listing, response: ServerResponse): Promise<void> {
  const { what, folder, user, part, digests, ready } = listing;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain && !response.writableEnded) response.write('\n');
  }, HEARTBEAT_MS);
  const { signal } = gone;
  try {
    await ready(signal);
    await withRunFolder(async (runFolder) => {
      const site = { folder, user, runFolder };
      let entries = 0;
      const found =
        what === 'outline'
          ? outlineFiles(site, part, { signal })
          : listFiles(site, part, { cacheFile: join(digests, part.name), signal });
      for await (const entry of entriesForBag(part.name, found)) {
        entries += 1;
        if (!response.write(listingLine(entry))) await once(response, 'drain', { signal });
      }
      response.end(endLine(entries));
    });
  } catch (error) {
    const findings = signal.aborted ? [] : findingsIn(error);
    if (findings.length > 0) return void response.end(refusedLine(findings));
    if (!isBrokenOff(error) && !signal.aborted) throw error;
    response.destroy();
  } finally {
    clearInterval(heartbeat);
  }
}

/** What would be the same if it were asked again. */
function findingsIn(error: unknown): readonly Finding[] {
  if (error instanceof GivenUp) return error.findings;
  return error instanceof StateFailure ? [findingOf(error)] : [];
}
