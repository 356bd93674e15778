import { fstatSync, read } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { isBrokenOff } from './broken-off.js';
import type { Opened } from './open-inside.js';

const readPiece = promisify(read);
const CHUNK_BYTES = 1024 * 1024;
/** For as many connections as one peer opens. */
const KEPT_BUFFERS = 8;

/**
 * Answers with a file, or with one range of it (RFC 9110, 14): `bytes=<first>-[<last>]`. Its ETag is its size and time of
 * change, so that `If-Match` tells whether it is still the same. Closes the file.
 */
export async function sendFile(file: Opened, request: IncomingMessage, response: ServerResponse): Promise<void> {
  using open = file;
  const { size, mtimeNs } = fstatSync(open.fd, { bigint: true });
  const sizeBytes = Number(size);
  const etag = `"${size}-${mtimeNs}"`;
  const headers = { etag, 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream' };
  const wanted = request.headers['if-match'];
  if (wanted !== undefined && wanted !== '*' && wanted !== etag) return end(response, 412, headers);
  const range = rangeOf(request.headers.range, sizeBytes);
  if (range === 'unsatisfiable') return end(response, 416, { ...headers, 'content-range': `bytes */${sizeBytes}` });
  const { first, last } = range ?? { first: 0, last: sizeBytes - 1 };
  response.writeHead(range === null ? 200 : 206, {
    ...headers,
    'content-length': String(last - first + 1),
    ...(range === null ? {} : { 'content-range': `bytes ${first}-${last}/${sizeBytes}` }),
  });
  if (request.method === 'HEAD' || last < first) return void response.end();
  await send(open, { first, last }, response);
}

/** A file that became shorter meanwhile breaks the connection: less than was announced is never an answer. */
async function send({ fd }: Opened, { first, last }: { first: number; last: number }, response: ServerResponse) {
  const buffer = BUFFERS.take();
  try {
    for (let at = first; at <= last;) {
      const { bytesRead } = await readPiece(fd, buffer, 0, Math.min(buffer.length, last - at + 1), at);
      if (bytesRead === 0) throw new Error('the file became shorter while it was sent');
      await written(response, buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
    response.end();
    BUFFERS.giveBack(buffer);
  } catch (error) {
    if (!isBrokenOff(error)) throw error;
  }
}

/** Returns when the bytes are the kernel's, so that their place may be used again. Rejects when the connection is gone. */
function written(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () =>
      reject(Object.assign(new Error('the connection was closed'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }));
    if (response.destroyed) return gone();
    response.once('close', gone);
    response.write(bytes, (error) => {
      response.off('close', gone);
      if (error === null || error === undefined) resolve();
      else reject(error);
    });
  });
}

/** Buffers are used again: a new one for each piece would keep the garbage collector busy. */
class Buffers {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  }

  giveBack(buffer: Buffer): void {
    if (this.#free.length < KEPT_BUFFERS) this.#free.push(buffer);
  }
}
const BUFFERS = new Buffers();

/** Null: the whole file, also for several ranges and other units, as RFC 9110 allows. */
function rangeOf(header: string | undefined, sizeBytes: number) {
  const [, from, to] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === undefined) return null;
  const first = Number(from);
  const last = Math.min(to === undefined || to === '' ? Infinity : Number(to), sizeBytes - 1);
  return first >= sizeBytes || last < first ? ('unsatisfiable' as const) : { first, last };
}

function end(response: ServerResponse, status: number, headers: Record<string, string>): void {
  response.writeHead(status, { ...headers, 'content-length': '0' }).end();
}
