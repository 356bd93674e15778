import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@freehold/supervisor/testing';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileOrder } from './receive-file.js';
import { ReceivingThread, workerFile } from './receiving-thread.js';
import { TransferBroken } from './transfer-broken.js';

const CONTENT = randomBytes(3 * 1024 ** 2 + 7);

let root: string;
let server: Server;
let answer: RequestListener;
let thread: ReceivingThread;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'freehold-receive-'));
  answer = whole;
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  thread = new ReceivingThread(5_000);
});
afterEach(async () => {
  await thread.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(root, { recursive: true });
});

/** With ranges, as a source does. */
const whole: RequestListener = ({ headers }, response) => {
  const first = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  if (first > 0) response.setHeader('content-range', `bytes ${first}-${CONTENT.length - 1}/${CONTENT.length}`);
  response.writeHead(first > 0 ? 206 : 200, { 'content-length': CONTENT.length - first });
  response.end(CONTENT.subarray(first));
};

const order = (more: Partial<FileOrder> = {}): FileOrder => ({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`,
  token: 'a-token',
  partial: join(root, 'partial', 'one'),
  to: join(root, 'staged', 'deep', 'file.bin'),
  sizeBytes: CONTENT.length,
  sha256: createHash('sha256').update(CONTENT).digest('hex'),
  attributes: null,
  ...more,
});

/** How it ended, and how many bytes came. */
async function received(more: Partial<FileOrder> = {}) {
  let bytes = 0;
  const ended = await thread.receive(order(more), (count) => (bytes += count)).catch((error: unknown) => error);
  return { ended, bytes };
}
const partials = () => readdir(join(root, 'partial'));

describe('a file that is received', () => {
  it('has its name once it is whole, and every byte of it was counted', async () => {
    expect(await received()).toEqual({ ended: 'fetched', bytes: CONTENT.length });
    expect((await readFile(order().to)).equals(CONTENT)).toBe(true);
    expect(await partials()).toEqual([]);
  });

  it('has the mode and time that are said, and can be read', async () => {
    expect(await received({ attributes: { mode: 0o7077, mtimeUs: 981_173_106_123_456, user: null } })).toMatchObject({
      ended: 'fetched',
    });
    const { mode, mtimeNs } = await stat(order().to, { bigint: true });
    expect([mode & 0o7777n, mtimeNs / 1_000n]).toEqual([0o477n, 981_173_106_123_456n]);
  });

  it('goes on where it broke', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, 1024 ** 2), () => response.destroy());
    };
    const broken = await received();
    expect(broken.ended).toBeInstanceOf(TransferBroken);
    expect((await readFile(order().partial)).length).toBe(broken.bytes);
    answer = whole;
    const { ended, bytes } = await received();
    expect({ ended, bytes: broken.bytes + bytes }).toEqual({ ended: 'fetched', bytes: CONTENT.length });
  });

  it('is hashed with what was there before', async () => {
    await mkdir(join(root, 'partial'));
    await writeFile(order().partial, Buffer.alloc(1024));
    expect(await received()).toEqual({ ended: 'differs', bytes: CONTENT.length - 1024 });
    expect(await partials()).toEqual([]);
  });

  it('without a digest counts by its size alone', async () => {
    await mkdir(join(root, 'partial'));
    await writeFile(order().partial, CONTENT.subarray(0, 1024));
    expect(await received({ sha256: null })).toEqual({ ended: 'fetched', bytes: CONTENT.length - 1024 });
    expect((await readFile(order().to)).equals(CONTENT)).toBe(true);
    expect((await received({ sha256: null, sizeBytes: CONTENT.length + 1 })).ended).toBe('differs');
    expect((await received({ sha256: null, sizeBytes: CONTENT.length - 1 })).ended).toBe('differs');
  });

  it('may not be larger than was said, nor missing, nor go elsewhere', async () => {
    const { ended, bytes } = await received({ sizeBytes: 1024 ** 2 });
    expect(ended).toBe('differs');
    expect(bytes).toBeLessThan(CONTENT.length);
    answer = (_request, response) => response.writeHead(404).end();
    expect(await received()).toEqual({ ended: 'missing', bytes: 0 });
    answer = (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end();
    expect((await received()).ended).toMatchObject({ name: 'TransferBroken', status: 302 });
    expect(await readdir(root)).toEqual(['partial']);
  });

  it('fails with the code of what this disk says', async () => {
    await writeFile(join(root, 'partial'), '');
    expect((await received()).ended).toMatchObject({ code: 'ENOTDIR' });
  });
});

describe('the thread', () => {
  it('that dies breaks what it was at, and the next order has another one', async () => {
    const dies = new URL('data:text/javascript,setTimeout(() => { throw new Error("out of memory") }, 20)');
    const files = [dies, workerFile()];
    thread = new ReceivingThread(5_000, () => files.shift() ?? dies);
    const { ended } = await received();
    expect(ended).toBeInstanceOf(TransferBroken);
    expect(ended).toMatchObject({ cause: { message: 'out of memory' } });
    expect((await received()).ended).toBe('fetched');
  });

  it('ends when it is closed, and the next order has another one', async () => {
    let started = 0;
    const file = () => {
      started += 1;
      return workerFile();
    };
    thread = new ReceivingThread(5_000, file);
    const threads = async () => (await readdir('/proc/self/task')).length;
    await received();
    const before = await threads();
    await received();
    expect(started).toBe(1);
    await thread.close();
    expect(await eventually(async () => (await threads()) < before)).toBe(true);
    expect((await received()).ended).toBe('fetched');
    expect(started).toBe(2);
  });

  it('breaks off when it is closed, and writes nothing any more', async () => {
    let asked = () => {};
    const request = new Promise<void>((resolve) => (asked = resolve));
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length });
      response.write(CONTENT.subarray(0, 1024), asked);
    };
    const going = received();
    await request;
    await thread.close();
    expect((await going).ended).toBeInstanceOf(TransferBroken);
  });
});
