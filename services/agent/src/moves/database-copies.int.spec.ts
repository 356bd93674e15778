import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { servedPart, takeCopy, useCopies } from './database-copies.js';
import { type MoveFolder, MoveFolders } from './move-folders.js';
import type { StateOf } from './state-at-hand.js';

const MOVE = '00000000-0000-4000-8000-000000000001';
const database = { name: 'database', kind: 'postgres', path: 'postgres', socket: 'run', leaveOut: [] } as const;
const silent = { name: 'notes', kind: 'postgres', path: 'notes', leaveOut: [] } as const;
const pages = { name: 'pages', kind: 'files', path: 'pages', leaveOut: [] } as const;

let root: string;
let folders: MoveFolders;
let folder: MoveFolder;
let state: StateOf;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fh-copies-'));
  folders = await MoveFolders.open(join(root, 'moves'));
  folder = await folders.make(MOVE);
  state = { folder: join(root, 'environment'), user: null, parts: [database, silent, pages] };
});
afterEach(() => rm(root, { recursive: true }));

describe('copies of databases', () => {
  it('are served from the move’s folder without what stays here; trees from where they lie', () => {
    expect(servedPart(state, 'database', folder)).toEqual({
      ...{ folder: folder.copies, user: null },
      part: { name: 'database', kind: 'files', path: 'database', leaveOut: [{ path: 'copy.sums' }] },
    });
    expect(servedPart(state, 'pages', folder)).toMatchObject({ folder: state.folder, part: pages });
    expect(servedPart(state, 'notes', folder)).toBeNull();
    expect(servedPart(state, 'other', folder)).toBeNull();
  });

  it('that cannot be taken are empty, and are not tried again for each round', async () => {
    await takeCopy(state, 'database', folder, AbortSignal.timeout(60_000));
    expect(await readdir(folder.copies)).toEqual(['database']);
    expect(await readdir(join(folder.copies, 'database'))).toEqual([]);
    await writeFile(join(folder.copies, 'database', 'database.dump'), 'taken before');
    await takeCopy(state, 'database', folder, AbortSignal.timeout(60_000));
    expect(await readdir(join(folder.copies, 'database'))).toEqual(['database.dump']);
  });

  it('outlive what is erased before the seal, and no more than that', async () => {
    await takeCopy(state, 'database', folder, AbortSignal.timeout(60_000));
    await folders.erase(MOVE, { keepDigests: true });
    expect(await readdir(folder.root)).toEqual(expect.arrayContaining(['copies', 'digests']));
    await folders.erase(MOVE);
    expect(await readdir(join(root, 'moves'))).toEqual([]);
  });

  it('are where the bag has them, and take nothing’s place', async () => {
    const staged = join(folder.staged, 'database');
    const received = join(folder.received, 'data', 'parts', 'database');
    for (const each of [staged, received, join(folder.staged, 'pages')]) await mkdir(each, { recursive: true });
    await writeFile(join(staged, 'database.dump'), 'ahead');
    await writeFile(join(staged, 'postgres.json'), 'ahead');
    await writeFile(join(folder.staged, 'pages', 'a'), 'a page');
    await writeFile(join(received, 'postgres.json'), 'of the bag');
    await useCopies(folder, [database, pages]);
    await useCopies(folder, [database, pages]); // as after a crash
    expect(await readFile(join(received, 'database.dump'), 'utf8')).toBe('ahead');
    expect(await readFile(join(received, 'postgres.json'), 'utf8')).toBe('of the bag');
    expect(await readdir(join(folder.received, 'data', 'parts'))).toEqual(['database']);
  });
});
