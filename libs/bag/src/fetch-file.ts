import { createHash, hash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FetchEntry } from './bag.js';
import { BagFailure } from './bag-failure.js';
import { syncFolder } from './durable-files.js';
import { foldersAbove, pointerOf, shown } from './path-rules.js';
import type { ProgressMeter } from './progress-meter.js';

export type WantedFile = FetchEntry & { sha256: string };
export type OpenAt = (entry: WantedFile, offset: number, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array>>;

export interface Fetching {
  /** The bag, and the folder beside it for what is not whole yet. */
  folder: string;
  partial: string;
  /** More bytes of this file are not taken: what was announced, or the limit of the bag. */
  limitBytes: number;
  /** Left for all files whose size nobody announced. */
  room: { bytes: number };
  open: OpenAt;
  signal: AbortSignal;
  meter: ProgressMeter;
}

/**
 * One file into the bag. If the bytes of an earlier attempt were wrong, it is fetched once more from the beginning.
 *
 * @returns the bytes that came over, without those that were there.
 */
export async function fetchFile(fetching: Fetching, entry: WantedFile): Promise<number> {
  const target = join(fetching.folder, entry.path);
  const partial = join(fetching.partial, hash('sha256', `${entry.sha256} ${entry.path}`));
  const first = await fetchContent(fetching, entry, partial);
  let received = first.received;
  if (first.problem !== null && first.offset > 0) {
    const second = await fetchContent(fetching, entry, partial);
    received += second.received;
    if (second.problem !== null) throw refused(entry, second.problem);
  } else if (first.problem !== null) throw refused(entry, first.problem);
  await makeFolders(fetching.folder, entry.path);
  await rename(partial, target);
  await syncFolder(dirname(target));
  fetching.meter.file();
  return received;
}

type Problem = { code: 'size-differs' | 'digest-differs'; detail: string };

function refused(entry: WantedFile, { code, detail }: Problem): BagFailure {
  const hint = 'Whoever serves this file does not serve what the manifest says; nothing of it was kept.';
  return new BagFailure('a file of the bag is not what was announced', [
    { pointer: pointerOf(entry.path), code, detail, hint },
  ]);
}

/** Appends to what is there. With a problem, nothing is there afterwards. */
async function fetchContent(fetching: Fetching, entry: WantedFile, partial: string) {
  const digest = createHash('sha256');
  const handle = await open(partial, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  let problem: Problem | null;
  let offset = 0;
  let sizeBytes = 0;
  try {
    offset = await replay(handle, digest, fetching);
    sizeBytes = await append(handle, { digest, offset, fetching, entry });
    problem = judge(entry, sizeBytes, digest, fetching);
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (problem !== null) await rm(partial, { force: true });
  if (problem !== null && entry.sizeBytes === null) fetching.room.bytes += sizeBytes;
  return { problem, offset, received: sizeBytes - offset };
}

/** Digests what an earlier attempt left; more than the whole file is no part of it. */
async function replay(handle: FileHandle, digest: Hash, { limitBytes, signal }: Fetching): Promise<number> {
  const { size } = await handle.stat();
  if (size > limitBytes) {
    await handle.truncate(0);
    return 0;
  }
  const chunk = Buffer.alloc(256 * 1024);
  let offset = 0;
  while (offset < size) {
    signal.throwIfAborted();
    const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, size - offset), offset);
    if (bytesRead === 0) break;
    digest.update(chunk.subarray(0, bytesRead));
    offset += bytesRead;
  }
  return offset;
}

async function append(
  handle: FileHandle,
  { digest, offset, fetching, entry }: { digest: Hash; offset: number; fetching: Fetching; entry: WantedFile },
): Promise<number> {
  const { limitBytes, signal, meter, room } = fetching;
  const take = (bytes: number): void => {
    meter.bytes(bytes);
    if (entry.sizeBytes === null) room.bytes -= bytes;
  };
  take(offset);
  let at = offset;
  if (at === entry.sizeBytes && at > 0) return at;
  signal.throwIfAborted();
  for await (const chunk of await fetching.open(entry, offset, signal)) {
    signal.throwIfAborted();
    // What comes beyond the announced size is not written; that it came is seen.
    const taken = chunk.subarray(0, Math.max(0, limitBytes - at));
    digest.update(taken);
    await writeAll(handle, taken, at);
    at += chunk.length;
    take(taken.length);
    if (at > limitBytes || room.bytes < 0) break;
  }
  return at;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length)
    written += (await handle.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
}

function judge(entry: WantedFile, sizeBytes: number, digest: Hash, { limitBytes, room }: Fetching): Problem | null {
  const wanted = entry.sizeBytes ?? `at most ${limitBytes}`;
  const wrongSize = entry.sizeBytes === null ? sizeBytes > limitBytes || room.bytes < 0 : sizeBytes !== entry.sizeBytes;
  if (wrongSize) return { code: 'size-differs', detail: `${wanted} bytes were announced, ${sizeBytes} came or more` };
  if (digest.digest('hex') === entry.sha256) return null;
  return { code: 'digest-differs', detail: `what came as ${shown(entry.path)} has another SHA-256` };
}

/** Folders that were not there, each known to the disk before what lies in it. */
async function makeFolders(folder: string, path: string): Promise<void> {
  const target = join(folder, dirname(path));
  const made = await mkdir(target, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  for (const above of foldersAbove(path)) await syncFolder(join(folder, above));
  await syncFolder(folder);
}
