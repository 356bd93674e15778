import { mkdtempDisposable, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { folderTiles } from './folder.tile-store.js';
import { memoryTiles } from './memory.tile-store.js';
import { MerkleTree } from './merkle-tree.js';
import { textLeaf } from './rfc9162.fixture.js';
import type { TileStore } from './tile-store.port.js';
import { readTree } from './tree-reader.js';

const stores: [string, (work: (store: TileStore, folder: string) => Promise<void>) => Promise<void>][] = [
  ['memory', async (work) => work(memoryTiles(), '')],
  [
    'folder',
    async (work) => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'freehold-tiles-'));
      await work(folderTiles(folder.path), folder.path);
    },
  ],
];

describe.each(stores)('tiles kept in a %s', (_, withStore) => {
  it('are answered as they were put, and null where nothing was', async () => {
    await withStore(async (store) => {
      expect(await store.get('tile/0/x001/000')).toBeNull();
      await store.put('tile/0/x001/000', Buffer.from('bytes'));
      expect(Buffer.from((await store.get('tile/0/x001/000'))!).toString()).toBe('bytes');
      expect(await store.get('tile/0/x001/001')).toBeNull();
      expect(await store.get('tile/0/x001/000.p/3')).toBeNull();
    });
  });

  it('are the caller’s bytes at that moment', async () => {
    await withStore(async (store) => {
      const bytes = Buffer.from('before');
      await store.put('tile/0/000', bytes);
      bytes.write('after!');
      await store.put('tile/0/001.p/2', bytes);
      expect(Buffer.from((await store.get('tile/0/000'))!).toString()).toBe('before');
    });
  });

  it('may be put again', async () => {
    await withStore(async (store) => {
      await store.put('tile/0/000', Buffer.from('same'));
      await store.put('tile/0/000', Buffer.from('same'));
      expect(Buffer.from((await store.get('tile/0/000'))!).toString()).toBe('same');
    });
  });

  it('carry a tree', async () => {
    await withStore(async (store) => {
      const tree = await MerkleTree.open(store);
      await tree.append(Buffer.concat(Array.from({ length: 600 }, (_, at) => textLeaf(String(at)))));
      await tree.settle();
      expect(Buffer.from(await readTree(store, 600).root())).toEqual(Buffer.from(tree.root()));
    });
  });
});

describe('a folder of tiles', () => {
  it('has the names under which they are served, and nothing else', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'freehold-tiles-'));
    await folderTiles(folder.path).put('tile/0/x001/002.p/7', Buffer.from('seven'));
    expect(await readFile(join(folder.path, 'tile/0/x001/002.p/7'), 'utf8')).toBe('seven');
    expect(await readdir(join(folder.path, 'tile/0/x001/002.p'))).toEqual(['7']);
  });

  it('is never left by a path', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'freehold-tiles-'));
    const store = folderTiles(folder.path);
    await expect(store.get('../secret')).rejects.toThrow(RangeError);
    await expect(store.put('tile/0/../../x', Buffer.of())).rejects.toThrow(RangeError);
  });
});
