import type { Site } from '@freehold/state-parts';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DiskRoom } from './disk-room.js';
import { readPlan, type SaidFile } from './fetch-plan.js';
import type { ProgressTeller } from './progress.js';
import type { Fetched, FileOrder } from './receive-file.js';
import { CONNECTIONS } from './source-connections.js';
import type { TransferClient } from './transfer-client.js';

export interface FetchAll {
  readonly client: TransferClient;
  /** A plan as it is written, which may go on while it is carried out. */
  readonly plan: AsyncIterable<Uint8Array>;
  /** Where the source has the part's files, below the move's URL. */
  readonly from: readonly string[];
  /** Where the part's files are put. */
  readonly to: string;
  readonly partial: string;
  /** Whose the files are to be, with mode and time as said; null: ours. Absent: nothing is set. */
  readonly user?: Site['user'] | undefined;
  /** Told of what is written. */
  readonly room: DiskRoom;
  readonly teller: ProgressTeller;
  readonly signal: AbortSignal;
  /** How often a file is fetched that does not come as it was said to be. */
  readonly tries: number;
  /** Told of files that did not come as they were said to be. May throw. */
  readonly notAsSaid: (path: string, outcome: Exclude<Fetched, 'fetched'>) => void;
}

/** Up to the year 2500, a time needs no care. */
const MOST_TIME_US = Date.UTC(2500) * 1_000;

/** What came over the network. */
export interface Came {
  files: number;
  bytes: number;
}

/**
 * Fetches all that a plan says, over a few connections at a time, each going on where it broke. Ends at once when it is
 * aborted: what came is kept.
 */
export async function fetchAll(work: FetchAll): Promise<Came> {
  const came: Came = { files: 0, bytes: 0 };
  const lines = readPlan(work.plan);
  const failed = new AbortController();
  const worker = async () => {
    try {
      for await (const line of shared(lines)) {
        work.signal.throwIfAborted();
        if (failed.signal.aborted) return;
        await fetchOne(work, line, came);
      }
    } catch (error) {
      failed.abort();
      throw error;
    }
  };
  const breakOff = () => void work.client.rest();
  work.signal.addEventListener('abort', breakOff);
  const ended = await Promise.allSettled(Array.from({ length: CONNECTIONS }, worker));
  work.signal.removeEventListener('abort', breakOff);
  await lines.return(undefined);
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
  return came;
}

async function fetchOne(work: FetchAll, said: SaidFile, came: Came): Promise<void> {
  const { path, sizeBytes, sha256 } = said;
  const { client, partial, teller, room, signal } = work;
  const from = [...work.from, ...path.split('/')];
  const wanted = {
    from,
    partial: join(partial, keyOf(from, said)),
    to: join(work.to, path),
    sizeBytes,
    sha256: sha256 ?? null,
    attributes: attributesOf(said, work.user),
  };
  let written = 0;
  const counted = (bytes: number) => {
    written += bytes;
    room.written(bytes);
    came.bytes += bytes;
    teller.moved(bytes);
  };
  let outcome: Fetched = 'missing';
  for (let tries = 0; tries < work.tries && outcome !== 'fetched'; tries += 1) {
    outcome = await client.patiently(() => client.fetch(wanted, counted), signal);
  }
  room.written(sizeBytes - written); // some was there before, or it did not come as it was said to be
  teller.fileDone();
  if (outcome === 'fetched') came.files += 1;
  else work.notAsSaid(path, outcome);
}

function attributesOf({ mode, mtimeUs }: SaidFile, user: FetchAll['user']): FileOrder['attributes'] {
  if (user === undefined) return null;
  const isKnown = mode !== undefined && mtimeUs !== undefined && mtimeUs >= 0 && mtimeUs <= MOST_TIME_US;
  return isKnown ? { mode, mtimeUs, user } : null;
}

/**
 * What a partial file is of: a file that changes meanwhile is another one. By its time where that is said: a round without
 * digests and one with them go on with each other's.
 */
const keyOf = (from: readonly string[], { sizeBytes, mtimeUs, sha256 }: SaidFile): string =>
  createHash('sha256')
    .update(JSON.stringify([from, mtimeUs ?? sha256, sizeBytes]))
    .digest('hex');

/** Several loops take turns with one generator, whose end is not theirs. */
async function* shared<Entry>(entries: AsyncGenerator<Entry>): AsyncGenerator<Entry> {
  for (;;) {
    const { done, value } = await entries.next();
    if (done === true) return;
    yield value;
  }
}
