import { createHash, type Hash } from 'node:crypto';
import {
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { errnoOf } from '../backend/errno.js';
import { Opened } from './open-inside.js';
import type { SourceConnections } from './source-connections.js';
import { TransferBroken } from './transfer-broken.js';

/** A file that the source has said to have. */
export interface FileOrder {
  /** Where the source has it. */
  readonly url: string;
  readonly token: string;
  /** Absolute; where it grows until it is whole. */
  readonly partial: string;
  /** Absolute; its folder is made. */
  readonly to: string;
  readonly sizeBytes: number;
  /** Null: nobody has said it; what comes is looked at later. */
  readonly sha256: string | null;
  /** What it has besides its content; null: to be set later. */
  readonly attributes: FileAttributes | null;
}

/** Permission bits, and µs since 1970. `user`: null: ours. */
export interface FileAttributes {
  readonly mode: number;
  readonly mtimeUs: number;
  readonly user: { readonly uid: number; readonly gid: number } | null;
}

/** `differs`: another size or digest than was said; nothing of it is kept. `missing`: the source does not have it. */
export type Fetched = 'fetched' | 'differs' | 'missing';

const CHUNK_BYTES = 1024 * 1024;

/**
 * Receives one file into `partial`, from the byte on where an earlier attempt ended, and gives it its name once its size
 * and its digest, if one was said, are right; then its owner, mode and time, so that little is left to do where the
 * application waits for it. Bytes that were there already are hashed again, never trusted, where there is a digest. For a
 * thread of its own: what comes is hashed and written at once, which blocks.
 *
 * @param counted bytes that came over the network, as they come
 * @throws TransferBroken: what came is kept for the next attempt
 */
export async function receiveFile(
  connections: SourceConnections,
  order: FileOrder,
  counted: (bytes: number) => void,
): Promise<Fetched> {
  const { partial, to, attributes } = order;
  using file = openPartial(partial);
  const { fd } = file;
  const outcome = await receive(connections, { ...order, fd }, counted);
  if (outcome !== 'fetched') {
    rmSync(partial, { force: true });
    return outcome;
  }
  withFolder(to, () => renameSync(partial, to));
  if (attributes !== null) setAttributes(fd, attributes);
  return 'fetched';
}

/** As a restore sets them (@freehold/state-parts), which looks at them again. Whatever is said, we can read it. */
function setAttributes(fd: number, { mode, mtimeUs, user }: FileAttributes): void {
  if (user !== null) fchownSync(fd, user.uid, user.gid);
  fchmodSync(fd, (mode & 0o777) | 0o400);
  const time = (mtimeUs + 0.5) / 1_000_000;
  futimesSync(fd, time, time);
}

async function receive(
  connections: SourceConnections,
  { fd, url, token, sizeBytes, sha256 }: FileOrder & { readonly fd: number },
  counted: (bytes: number) => void,
): Promise<Fetched> {
  const hash = sha256 === null ? null : createHash('sha256');
  let at = takeExisting(fd, hash, sizeBytes);
  if (at < sizeBytes || sizeBytes === 0) {
    const response = await connections.get({ url, token, offset: at });
    if (response === null) return 'missing';
    if (at > 0 && !continuesAt(response, at)) throw startAgain(fd, response);
    at = await take(response, { fd, hash, at, limitBytes: sizeBytes, counted });
  }
  return at === sizeBytes && (hash === null || hash.digest('hex') === sha256) ? 'fetched' : 'differs';
}

interface Taking {
  readonly fd: number;
  readonly hash: Hash | null;
  readonly at: number;
  readonly limitBytes: number;
  readonly counted: (bytes: number) => void;
}

/** Answers where the file ends now; beyond the limit when more came than was said. The piece that goes beyond is not written. */
function take(response: IncomingMessage, { fd, hash, limitBytes, counted, ...from }: Taking): Promise<number> {
  let { at } = from;
  let ended = false;
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      ended = true;
      settle();
      response.destroy();
    };
    response.on('data', (chunk: Buffer) => {
      if (ended) return; // the file may be closed by now
      counted(chunk.length);
      if (at + chunk.length > limitBytes) return end(() => resolve(at + chunk.length));
      try {
        hash?.update(chunk);
        writeAll(fd, chunk, at);
      } catch (error) {
        return end(() => reject(error));
      }
      at += chunk.length;
      release(chunk);
    });
    const broken = (cause?: unknown) => {
      if (!ended) end(() => reject(new TransferBroken('the connection broke', { cause })));
    };
    response.once('end', () => {
      ended = true;
      resolve(at);
    });
    response.once('error', broken);
    response.once('close', () => broken());
  });
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

/**
 * Gives memory back at once that a chunk has for itself alone. Left to the garbage collector, it would make it go through
 * the whole heap again and again. (ECMAScript: ArrayBuffer.prototype.transfer)
 */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0);
}

const openPartial = (path: string): Opened =>
  withFolder(path, () => new Opened(openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)));

/** Makes the folder of a file only where it is missing, which is seldom. */
function withFolder<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return work();
  }
}

/** Answers where what came before ends. */
function takeExisting(fd: number, hash: Hash | null, limitBytes: number): number {
  const { size } = fstatSync(fd);
  if (size > limitBytes) ftruncateSync(fd, 0);
  const end = size > limitBytes ? 0 : size;
  if (hash === null) return end;
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end));
  for (let at = 0; at < end;) {
    const bytesRead = readSync(fd, buffer, 0, Math.min(buffer.length, end - at), at);
    if (bytesRead === 0) return at;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return end;
}

const continuesAt = ({ statusCode, headers }: IncomingMessage, at: number): boolean =>
  statusCode === 206 && headers['content-range']?.startsWith(`bytes ${at}-`) === true;

/** A source that does not know ranges sends all of it: the next attempt begins at the first byte. */
function startAgain(fd: number, response: IncomingMessage): TransferBroken {
  response.destroy();
  ftruncateSync(fd, 0);
  return new TransferBroken('it does not go on where it was');
}
