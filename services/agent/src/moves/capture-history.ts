import type { PortableHistory, portableHistory } from '@freehold/deployment-contract';
import { formatCommitProof, HISTORY_PROOF_HEADER } from '@freehold/evidence';
import type { BodyOf } from '@freehold/kernel';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errnoOf } from '../backend/backend-failure.js';
import { bagUnreadable } from './move-failures.js';

/** Pages of history at most, of up to 100 commits: a cell that answers without end is not asked for ever. */
const MAX_PAGES = 100_000;

type After = BodyOf<typeof portableHistory>['after'];

/**
 * `history.jsonl`: what earlier providers recorded, then every commit of this one; and `history.proof` of the latter, where the
 * cell has proofs. Pages come newest first, for the log is walked back, and wait on the disk until they are written the other
 * way round: one page is in memory.
 *
 * @param data the bag's folder of that name
 */
export async function writeHistory(
  ask: (after: After) => Promise<PortableHistory>,
  { data, earlier }: { readonly data: string; readonly earlier: string },
): Promise<void> {
  const folder = join(data, '.history');
  await mkdir(folder, { mode: 0o700 });
  const { pages, checkpoint } = await fetchPages(ask, folder);
  await written(join(data, 'history.jsonl'), wholeHistory(earlier, pages));
  if (checkpoint !== null) await written(join(data, 'history.proof'), wholeProof(pages, checkpoint));
  await rm(folder, { recursive: true });
}

interface Fetched {
  /** Files, the oldest page first. */
  readonly pages: readonly string[];
  readonly checkpoint: string | null;
}

async function fetchPages(ask: (after: After) => Promise<PortableHistory>, folder: string): Promise<Fetched> {
  const pages: string[] = [];
  let checkpoint: string | null = null;
  let after: After = null;
  while (pages.length < MAX_PAGES) {
    const page = await ask(after);
    if (after === null) checkpoint = page.checkpoint;
    const file = join(folder, String(pages.length));
    await writeFile(file, JSON.stringify(page), { mode: 0o600 });
    pages.unshift(file);
    if (page.next === null) return { pages, checkpoint };
    after = page.next;
  }
  throw bagUnreadable('its history has no end');
}

async function* wholeHistory(earlier: string, pages: readonly string[]): AsyncGenerator<string | Uint8Array> {
  try {
    yield* createReadStream(earlier);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  for (const page of pages) {
    const { lines } = await readPage(page);
    yield lines
      .toReversed()
      .map((line) => `${line.replaceAll(/[\r\n]+/g, ' ')}\n`)
      .join('');
  }
}

async function* wholeProof(pages: readonly string[], checkpoint: string): AsyncGenerator<string> {
  yield `${HISTORY_PROOF_HEADER}\n`;
  for (const page of pages) {
    const { proofs } = await readPage(page);
    for (const { proof, ...place } of proofs.toReversed()) {
      yield formatCommitProof({ ...place, proof: proof.map((hash) => Buffer.from(hash, 'base64')) });
    }
  }
  yield checkpoint;
}

const readPage = async (file: string): Promise<PortableHistory> =>
  JSON.parse(await readFile(file, 'utf8')) as PortableHistory; // as it was written

const written = (file: string, chunks: AsyncIterable<string | Uint8Array>): Promise<void> =>
  pipeline(chunks, createWriteStream(file, { mode: 0o600, flush: true }));
