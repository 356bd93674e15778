import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '@freehold/supervisor/testing';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyRound } from './copy-state.js';
import { endLine, listingLine, refusedLine } from './listing-lines.js';
import { type MoveFolder, MoveFolders } from './move-folders.js';
import type { MoveJob } from './move-work.js';
import { TransferClient } from './transfer-client.js';
import type { ListKind } from './transfer-path.js';

const id = (digit: number): string => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`;
const LONG_AGO_NS = 981_173_106_123_456_789n;
/** Only root can give files away. */
const user = process.getuid?.() === 0 ? { uid: 54_321, gid: 54_322 } : null;
const contentOf = (path: string): string => contents.get(path) ?? `content of ${path}\n`;

/** A source whose list is given out line by line, as the test wants it. */
let root: string;
let folder: MoveFolder;
let server: Server;
let client: TransferClient;
let abort: AbortController;
let lists: ServerResponse[];
/** By kind; others are not there. */
let known: Set<ListKind>;
let asked: string[];
let told: string[];
/** Files that are never answered. */
let silent: Set<string>;
/** Of files that have others than usual. */
let contents: Map<string, string>;
beforeEach(async () => {
  [lists, asked, told, silent, abort] = [[], [], [], new Set(), new AbortController()];
  [known, contents] = [new Set(['listing', 'outline']), new Map()];
  root = await mkdtemp(join(tmpdir(), 'freehold-round-'));
  folder = await (await MoveFolders.open(join(root, 'moves'))).make(id(1));
  server = createServer(({ url = '' }, response) => {
    const [, what, part] = url.split('/');
    if ((what === 'listing' || what === 'outline') && part === 'pages') {
      return known.has(what) ? void lists.push(response.writeHead(200)) : void response.writeHead(404).end();
    }
    const path = decodeURIComponent(url.replace('/file/pages/', ''));
    asked.push(path);
    if (!silent.has(path)) response.writeHead(200).end(contentOf(path));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const expires = new Date(Date.now() + 600_000).toISOString();
  const ask = async () => ({ url, token: 'a-token', expires, log: null });
  client = new TransferClient({
    silentMs: 60_000,
    retryMs: 10,
    patienceMs: 5_000,
    ask,
    signal: abort.signal,
    threads: 2,
  });
});
afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  server.close();
  await rm(root, { recursive: true });
});

const round = (limits: { maxFiles?: number } = {}, by: ListKind = 'listing') => {
  const job: MoveJob<'copy-state'> = {
    job: { id: id(2), operator: id(3), deployment: id(4), environment: id(5), epoch: 0, work: work(limits) },
    work: work(limits),
    tell: (text) => told.push(text ?? ''),
    signal: abort.signal,
  };
  return copyRound({ job, client, folder, names: ['pages'], label: 'round 1', user, by });
};
const work = ({ maxFiles = null }: { maxFiles?: number | null }) => ({
  ...{ kind: 'copy-state' as const, move: id(1), application: 'greeter', version: '1.0', digest: 'a'.repeat(64) },
  ...{ maxRounds: 1, restBytes: 0, restShare: 0, maxBytes: null, amounts: null, maxFiles },
});
const unread = (path: string) => ({
  ...{ type: 'file' as const, path, sizeBytes: contentOf(path).length, mode: 0o4640, mtimeNs: LONG_AGO_NS },
});
const outlineLine = (path: string): string => listingLine(unread(path));
const fileLine = (path: string): string => {
  const sha256 = createHash('sha256').update(contentOf(path)).digest('hex');
  return listingLine({ ...unread(path), sha256 });
};
const list = async (at: number): Promise<ServerResponse> => {
  await eventually(() => lists.length > at);
  const response = lists[at];
  if (response === undefined) throw new Error('no list was asked for');
  return response;
};
const staged = (path: string) => join(folder.staged, 'pages', path);
const isThere = (path: string) =>
  eventually(() =>
    access(staged(path)).then(
      () => true,
      () => false,
    ),
  );
const stagedFiles = async () => (await readdir(join(folder.staged, 'pages'), { recursive: true })).sort();

it('fetches files while the source still lists', async () => {
  const going = round();
  const response = await list(0);
  response.write(fileLine('a/1'));
  expect(await isThere('a/1')).toBe(true);
  expect(told.at(-1)).toMatch(/^round 1: [01] of 1 files found so far, /);
  response.end(fileLine('a/2') + endLine(2));
  expect(await going).toMatchObject({ files: 2, fetchedFiles: 2, changedFiles: 0 });
  expect(await readFile(staged('a/2'), 'utf8')).toBe(contentOf('a/2'));
});

it('gives what it fetches owner, mode and time, which is not left to the downtime', async () => {
  const going = round();
  (await list(0)).end(fileLine('a/1') + endLine(1));
  await going;
  const { uid, gid, mode, mtimeNs } = await stat(staged('a/1'), { bigint: true });
  expect([mode & 0o7777n, mtimeNs / 1_000n]).toEqual([0o640n, LONG_AGO_NS / 1_000n]);
  expect({ uid: Number(uid), gid: Number(gid) }).toEqual(user ?? { uid: process.getuid?.(), gid: process.getgid?.() });
});

it('goes on with a list that broke, and fetches nothing twice', async () => {
  const going = round();
  const first = await list(0);
  first.write(fileLine('a'));
  expect(await isThere('a')).toBe(true);
  first.destroy();
  (await list(1)).end(fileLine('a') + fileLine('b') + endLine(2));
  expect(await going).toMatchObject({ files: 2, fetchedFiles: 2 });
  expect(asked).toEqual(['a', 'b']);
});

it('puts files in the place of folders, and folders in that of files, and removes what is gone', async () => {
  const before = round();
  (await list(0)).end(['a', 'b/1', 'b/2/3', 'c', 'd/e'].map(fileLine).join('') + endLine(5));
  await before;
  const going = round();
  (await list(1)).end(['a/1', 'b', 'd/e'].map(fileLine).join('') + endLine(3));
  expect(await going).toMatchObject({ files: 3, fetchedFiles: 2, changedFiles: 0 });
  expect(await stagedFiles()).toEqual(['a', 'a/1', 'b', 'd', 'd/e']);
});

it('ends at once with what the source refuses, though a file is still on its way', async () => {
  silent.add('a');
  const going = round();
  const response = await list(0);
  response.write(fileLine('a'));
  expect(await eventually(() => asked.includes('a'))).toBe(true);
  response.end(refusedLine([{ pointer: '/parts/pages/x', code: 'path-has-backslash', detail: 'x', hint: 'x' }]));
  await expect(going).rejects.toMatchObject({ findings: [{ code: 'path-has-backslash' }] });
});

it('ends at once when there is more than is allowed, and does not ask for that', async () => {
  const going = round({ maxFiles: 2 });
  (await list(0)).write(['a', 'b', 'c'].map(fileLine).join(''));
  await expect(going).rejects.toMatchObject({ findings: [{ code: 'state-too-large' }] });
  expect(asked).not.toContain('c');
});

it('ends when it is aborted', async () => {
  silent.add('a');
  const going = round();
  (await list(0)).write(fileLine('a'));
  expect(await eventually(() => asked.includes('a'))).toBe(true);
  abort.abort(new Error('the agent ends'));
  await expect(going).rejects.toThrow();
});

it('takes files without digests, and those that were not what they should be in the round with digests', async () => {
  const going = round({}, 'outline');
  (await list(0)).end(outlineLine('a') + outlineLine('b') + endLine(2));
  expect(await going).toMatchObject({ files: 2, fetchedFiles: 2, changedFiles: 0 });
  contents.set('b', 'CONTENT OF b\n'); // as large and as old as before
  const again = round();
  (await list(1)).end(fileLine('a') + fileLine('b') + endLine(2));
  expect(await again).toMatchObject({ files: 2, fetchedFiles: 1 });
  expect(asked.slice(0, 2).toSorted()).toEqual(['a', 'b']); // side by side, in any order
  expect(asked.slice(2)).toEqual(['b']);
  expect(await readFile(staged('b'), 'utf8')).toBe('CONTENT OF b\n');
});

it('asks a source that knows no outlines for its listing', async () => {
  known.delete('outline');
  const going = round({}, 'outline');
  (await list(0)).end(fileLine('a') + endLine(1));
  expect(await going).toMatchObject({ files: 1, fetchedFiles: 1 });
});

it('refuses a listing without a digest', async () => {
  const going = round();
  (await list(0)).end(outlineLine('a') + endLine(1));
  await expect(going).rejects.toMatchObject({ findings: [{ detail: expect.stringContaining('a has no digest') }] });
});
