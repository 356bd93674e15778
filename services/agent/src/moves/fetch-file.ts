import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from '../backend/backend-failure.js';
import { GatheringWriter } from './gathering-writer.js';
import { TransferBroken } from './move-failures.js';
import type { Opened, TransferClient } from './transfer-client.js';

/** A file that the source has said to have. */
export interface Wanted {
  /** Where the source has it, below the move's URL. */
  readonly from: readonly string[];
  /** Absolute; its folder is made. */
  readonly to: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** `differs`: another size or digest than was said; nothing of it is kept. `missing`: the source does not have it. */
export type Fetched = 'fetched' | 'differs' | 'missing';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Fetches one file into `partial`, from the byte on where an earlier attempt ended, and gives it its name once its size
 * and digest are right. Bytes that were there already are hashed again, never trusted.
 *
 * @param counted bytes that came over the network, as they come
 * @throws TransferBroken: what came is kept for the next attempt
 */
export async function fetchFile(
  client: Pick<TransferClient, 'open'>,
  partial: string,
  wanted: Wanted,
  counted: (bytes: number) => void,
): Promise<Fetched> {
  const path = join(partial, keyOf(wanted));
  const outcome = await receive(client, path, wanted, counted);
  if (outcome !== 'fetched') {
    await rm(path, { force: true });
    return outcome;
  }
  await withFolder(wanted.to, () => rename(path, wanted.to));
  return 'fetched';
}

async function receive(
  client: Pick<TransferClient, 'open'>,
  path: string,
  wanted: Wanted,
  counted: (bytes: number) => void,
): Promise<Fetched> {
  await using file = await openPartial(path);
  const hash = createHash('sha256');
  let at = await hashExisting(file, hash, wanted.sizeBytes);
  if (at < wanted.sizeBytes || wanted.sizeBytes === 0) {
    const opened = await client.open(wanted.from, at);
    if (opened === null) return 'missing';
    if (at > 0 && !continuesAt(opened, at)) throw await startAgain(file, opened);
    at = await take(opened.body, { file, hash, at, limitBytes: wanted.sizeBytes, counted });
  }
  return at === wanted.sizeBytes && hash.digest('hex') === wanted.sha256 ? 'fetched' : 'differs';
}

interface Taking {
  readonly file: FileHandle;
  readonly hash: Hash;
  readonly at: number;
  readonly limitBytes: number;
  readonly counted: (bytes: number) => void;
}

/** Answers where the file ends now; beyond the limit when more came than was said. The piece that goes beyond is not written. */
async function take(body: AsyncIterable<Uint8Array>, { file, hash, limitBytes, counted, ...from }: Taking) {
  const writer = new GatheringWriter(file, from.at);
  let { at } = from;
  try {
    for await (const chunk of body) {
      counted(chunk.length);
      at += chunk.length;
      if (at > limitBytes) return at;
      hash.update(chunk);
      await writer.add(chunk);
    }
    return at;
  } finally {
    await writer.end();
  }
}

/** What a partial file is of: a file that changes meanwhile is another one. */
const keyOf = ({ from, sha256, sizeBytes }: Wanted): string =>
  createHash('sha256')
    .update(JSON.stringify([from, sha256, sizeBytes]))
    .digest('hex');

const openPartial = (path: string): Promise<FileHandle> =>
  withFolder(path, () => open(path, constants.O_RDWR | constants.O_CREAT, 0o600));

/** Makes the folder of a file only where it is missing, which is seldom. */
async function withFolder<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return work();
  }
}

async function hashExisting(file: FileHandle, hash: Hash, limitBytes: number): Promise<number> {
  const { size } = await file.stat();
  if (size > limitBytes) await file.truncate(0);
  const end = size > limitBytes ? 0 : size;
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end));
  for (let at = 0; at < end;) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) return at;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return end;
}

const continuesAt = ({ status, headers }: Opened, at: number): boolean =>
  status === 206 && headers['content-range']?.startsWith(`bytes ${at}-`) === true;

/** A source that does not know ranges sends all of it: the next attempt begins at the first byte. */
async function startAgain(file: FileHandle, opened: Opened): Promise<TransferBroken> {
  await opened.body[Symbol.asyncIterator]().return?.();
  await file.truncate(0);
  return new TransferBroken('it does not go on where it was');
}
