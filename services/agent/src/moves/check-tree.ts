import { formatMtree, type MtreeEntry, parseMtree } from '@freehold/bag';
import type { Listed } from '@freehold/state-parts';
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

const PIECE_CHARACTERS = 32 * 1024;

/** Reads the side file of a part to its end. @throws BagFailure for paths and links that lead elsewhere */
export async function checkTree(file: string): Promise<void> {
  await using handle = await open(file);
  const entries = parseMtree(handle.readLines({ autoClose: false }));
  while ((await entries.next()).done !== true);
}

/** The entries of a side file that we wrote ourselves, files with their size and digest. @throws BagFailure */
export async function* readTree(file: string): AsyncGenerator<Listed> {
  await using handle = await open(file);
  for await (const { path, mtimeNs, mode, ...entry } of parseMtree(handle.readLines({ autoClose: false }))) {
    if (entry.type === 'dir') yield { type: 'dir', path, mode, mtimeNs };
    else if (entry.type === 'link') yield { type: 'link', path, target: entry.target ?? '', mtimeNs };
    else yield { type: 'file', path, mode, mtimeNs, sizeBytes: entry.sizeBytes ?? 0, sha256: entry.sha256 ?? '' };
  }
}

/** Writes the side file of a part. It is on the disk when this returns. */
export async function writeTree(file: string, entries: AsyncIterable<Listed>): Promise<void> {
  await pipeline(inPieces(formatMtree(mtreeOf(entries))), createWriteStream(file, { mode: 0o600, flush: true }));
}

async function* mtreeOf(entries: AsyncIterable<Listed>): AsyncGenerator<MtreeEntry> {
  for await (const entry of entries) yield entry.type === 'link' ? { ...entry, mode: 0o777 } : { ...entry };
}

/** A stream takes its time for each piece. */
async function* inPieces(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = '';
  for await (const line of lines) {
    piece += line;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}
