import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createSignerKey, signTransferToken, type TransferScope } from '@freehold/platform';
import { eventually } from '@freehold/supervisor/testing';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { readListing } from './listing-lines.js';
import { MoveFolders } from './move-folders.js';
import type { StateOf } from './state-at-hand.js';
import { startTransferListener, type TransferListener } from './transfer-listener.js';

const id = (digit: number): string => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`;
const MOVE = id(1);
const ENVIRONMENT = id(2);
const scope: TransferScope = { move: MOVE, environment: ENVIRONMENT, deployment: id(3), kind: 'live' };
const pair = createSignerKey();
const privateKey = createPrivateKey(pair.privatePem);
const signerKeys = new Map([['portability', [createPublicKey(pair.publicPem)]]]);
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);
const tokenOf = (changes: Partial<TransferScope> = {}, seconds = 60) =>
  signTransferToken(privateKey, { ...scope, ...changes, expires: inSeconds(seconds) });

let root: string;
let folder: string;
let folders: MoveFolders;
let listener: TransferListener;
let state: StateOf;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'freehold-listener-'));
  folder = join(root, 'environment');
  await mkdir(join(folder, 'media', 'cache'), { recursive: true });
  await mkdir(join(folder, 'media', 'ab'));
  await writeFile(join(folder, 'media', 'ab', '100% sure?.txt'), '0123456789');
  await writeFile(join(folder, 'media', 'cache', 'x'), 'left out');
  await writeFile(join(folder, 'secret.key'), 'not of a part');
  await symlink('../secret.key', join(folder, 'media', 'link'));
  await symlink('..', join(folder, 'media', 'up'));
  await mkdir(join(folder, 'pages', 'in'), { recursive: true });
  await writeFile(join(folder, 'pages', 'in', 'b.txt'), '0123456789');
  await symlink('b.txt', join(folder, 'pages', 'in', 'c'));
  const past = new Date(1_700_000_000_000);
  await utimes(join(folder, 'pages', 'in', 'b.txt'), past, past);
  await utimes(join(folder, 'media', 'ab', '100% sure?.txt'), past, past);
  folders = await MoveFolders.open(join(root, 'moves'));
  const { bag } = await folders.make(MOVE);
  await mkdir(join(bag, 'data', 'parts', 'database'), { recursive: true });
  await writeFile(join(bag, 'data', 'parts', 'database', 'dump.sql'), 'dump');
  await writeFile(join(bag, 'bagit.txt'), 'BagIt-Version: 1.0\n');
  const media = { name: 'media', kind: 'files', path: 'media', leaveOut: [{ path: 'cache' }] } as const;
  const other = (name: string) => ({ name, kind: 'files', path: name, leaveOut: [] }) as const;
  const files = [media, other('pages'), other('foreign')];
  state = { folder, user: null, parts: [...files, { name: 'database', kind: 'sqlite', path: 'a.db', leaveOut: [] }] };
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  listener = await start();
});
afterEach(() => listener.close());

const start = (more: { maxConnections?: number; slowMs?: number } = {}) => {
  const { bag } = folders.of(MOVE);
  const known = (environment: string) => (environment === ENVIRONMENT ? state : null);
  const at = { live: async (environment: string) => known(environment) };
  const sealed = async (_move: string, environment: string) => (known(environment) === null ? null : { ...state, bag });
  return startTransferListener({
    address: '127.0.0.1',
    port: 0,
    signerKeys,
    folders,
    state: { ...at, sealed },
    ...more,
  });
};

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}
/** With the path exactly as it is given, which fetch() would tidy up. */
async function ask(path: string, token: string | null, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    const sent = request({ host: '127.0.0.1', port: listener.port, path, headers: { ...headers, ...authorization } });
    sent.once('error', reject);
    sent.once('response', (response) => {
      const { statusCode: status = 0, headers: got } = response;
      buffer(response).then((body) => resolve({ status, headers: got, body }), reject);
    });
    sent.end();
  });
}
const below = (path: string, move = MOVE): string => `/v1/transfer/${move}/${path}`;
const FILE = below('file/media/ab/100%25%20sure%3F.txt');

describe('who may fetch', () => {
  it('has a token of this cell for this move, and of the right kind', async () => {
    const live = await tokenOf();
    expect((await ask(FILE, live)).body.toString()).toBe('0123456789');
    const statusOf = async (path: string, token: string | null) => (await ask(path, token)).status;
    expect(await statusOf(FILE, null)).toBe(401);
    expect(await statusOf(FILE, 'nonsense')).toBe(401);
    expect(await statusOf(FILE, await tokenOf({}, -1))).toBe(401);
    const stranger = createPrivateKey(createSignerKey().privatePem);
    expect(await statusOf(FILE, await signTransferToken(stranger, { ...scope, expires: inSeconds(60) }))).toBe(401);
    expect(await statusOf(FILE, await tokenOf({ move: id(9) }))).toBe(404);
    expect(await statusOf(FILE, await tokenOf({ environment: id(9) }))).toBe(404);
    expect(await statusOf(FILE, await tokenOf({ kind: 'export' }))).toBe(404);
    expect(await statusOf(below('bag/bagit.txt'), live)).toBe(404);
    expect(await statusOf(below('bag/bagit.txt'), await tokenOf({ kind: 'export' }))).toBe(200);
  });

  it('is told nothing in a query, and may not write', async () => {
    const token = await tokenOf();
    expect((await ask(`${FILE}?token=${token}`, null)).status).toBe(401);
    expect((await ask(`${FILE}?x=1`, token)).status).toBe(404);
  });
});

describe('what may be fetched', () => {
  it.each([
    'file/media/../secret.key',
    'file/media/%2e%2e/secret.key',
    'file/media/ab%2f..%2f..%2fsecret.key',
    'file/media//ab',
    'file/media/./ab/x',
    'file/media/ab%00',
    'file/media/%ff',
    'file/media/link',
    'file/media/up/secret.key',
    'file/media/cache/x',
    'file/media/ab',
    'file/database/a.db',
    'file/nope/x',
    'listing/database',
    'listing/../media',
    'outline/database',
    'outline/../media',
    'bag/../captured.json',
    'bag/data/parts/media/cache/x',
    'bag/data/parts/media/link',
    'bag/data',
    'nope/x',
    '',
  ])('is nothing that is not declared, linked or elsewhere: %s', async (path) => {
    for (const kind of ['live', 'sealed'] as const) {
      expect(await ask(below(path), await tokenOf({ kind }))).toMatchObject({ status: 404, body: Buffer.alloc(0) });
    }
  });

  it('of a sealed bag lies in the move’s folder, but for files of parts', async () => {
    const token = await tokenOf({ kind: 'sealed' });
    expect((await ask(below('bag/data/parts/database/dump.sql'), token)).body.toString()).toBe('dump');
    const path = below('bag/data/parts/media/ab/100%25%20sure%3F.txt');
    expect((await ask(path, token)).body.toString()).toBe('0123456789');
  });

  const read = async (body: Buffer) => {
    const refuse = (why: string): never => {
      throw new Error(why);
    };
    const chunks = async function* () {
      yield body;
    };
    return Array.fromAsync(readListing(chunks(), refuse));
  };

  it('is listed with digests, and with an end', async () => {
    const { status, body } = await ask(below('listing/pages'), await tokenOf());
    expect(status).toBe(200);
    const entries = await read(body);
    expect(entries.map(({ type, path }) => `${type} ${path}`)).toEqual(['dir in', 'file in/b.txt', 'link in/c']);
    expect(entries[1]).toMatchObject({ sizeBytes: 10, mtimeNs: 1_700_000_000_000_000_000n });
    await expect(read(body.subarray(0, -20))).rejects.toThrow();
  });

  it('is outlined as it is listed, without digests', async () => {
    const { status, body } = await ask(below('outline/pages'), await tokenOf());
    expect(status).toBe(200);
    const entries = await read(body);
    expect(entries.map(({ type, path }) => `${type} ${path}`)).toEqual(['dir in', 'file in/b.txt', 'link in/c']);
    expect(entries[1]).toMatchObject({ sizeBytes: 10, mtimeNs: 1_700_000_000_000_000_000n });
    expect(entries[1]).not.toHaveProperty('sha256');
    const refused = await ask(below('outline/media'), await tokenOf());
    await expect(read(refused.body)).rejects.toMatchObject({ findings: [{ code: 'link-leaves-part' }, {}] });
    expect((await ask(below('outline/pages'), await tokenOf({ kind: 'export' }))).status).toBe(404);
  });

  it('is listed with what no bag can hold of it, in place of the end', async () => {
    const links = await ask(below('listing/media'), await tokenOf());
    expect(links.status).toBe(200);
    await expect(read(links.body)).rejects.toMatchObject({
      findings: [
        { pointer: '/parts/media/link', code: 'link-leaves-part' },
        { pointer: '/parts/media/up', code: 'link-leaves-part' },
      ],
    });
    await mkdir(join(folder, 'foreign'));
    await writeFile(Buffer.concat([Buffer.from(`${folder}/foreign/not-`), Buffer.from([0xff])]), '');
    const foreign = await ask(below('listing/foreign'), await tokenOf());
    await expect(read(foreign.body)).rejects.toMatchObject({
      findings: [{ code: 'state-failure', detail: expect.stringContaining('is not UTF-8') }],
    });
  });
});

describe('a file', () => {
  it('is sent from a byte on', async () => {
    const token = await tokenOf();
    const part = await ask(FILE, token, { range: 'bytes=4-' });
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 4-9/10', 'content-length': '6' } });
    expect(part.body.toString()).toBe('456789');
    expect((await ask(FILE, token, { range: 'bytes=2-3' })).body.toString()).toBe('23');
    expect(await ask(FILE, token, { range: 'bytes=10-' })).toMatchObject({ status: 416 });
    expect(await ask(FILE, token, { range: 'bytes=0-1,3-4' })).toMatchObject({ status: 200 });
  });

  it('is not sent when it is not the one that was meant', async () => {
    const token = await tokenOf();
    const { headers } = await ask(FILE, token);
    expect(await ask(FILE, token, { 'if-match': String(headers['etag']) })).toMatchObject({ status: 200 });
    expect(await ask(FILE, token, { 'if-match': '"10-1"' })).toMatchObject({ status: 412 });
  });
});

describe('who does not read', () => {
  it('is dropped', async () => {
    await listener.close();
    listener = await start({ slowMs: 50 });
    await writeFile(join(folder, 'media', 'large'), Buffer.alloc(32 * 1024 ** 2));
    const socket = connect(listener.port, '127.0.0.1').pause();
    let dropped = false;
    socket.on('error', () => (dropped = true));
    socket.write(
      `GET ${below('file/media/large')} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${await tokenOf()}\r\n\r\n`,
    );
    const isDropped = () => {
      socket.write('\r\n'); // told by the next write, since nothing is read
      return dropped;
    };
    expect(await eventually(isDropped)).toBe(true);
    expect((await ask(FILE, await tokenOf())).status).toBe(200);
    await rm(join(folder, 'media', 'large'));
  });
});
