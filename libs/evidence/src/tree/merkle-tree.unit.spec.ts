import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryTiles } from './memory.tile-store.js';
import { MerkleTree } from './merkle-tree.js';
import { rootOf, textLeaf } from './rfc9162.fixture.js';
import { TileUnreadable } from './tile-store.port.js';
import { TILE_WIDTH } from './tile.js';
import { readTree } from './tree-reader.js';

const leaves = Array.from({ length: 1_500 }, (_, at) => textLeaf(`commit ${at}`));
const packed = (from: number, to: number): Uint8Array => Buffer.concat(leaves.slice(from, to));

describe('a tree that grows', () => {
  it('comes out the same however it is cut into appends, settled and opened again', async () => {
    const steps = fc.array(fc.record({ leaves: fc.nat({ max: 400 }), reopen: fc.boolean() }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const store = memoryTiles();
        let tree = await MerkleTree.open(store);
        for (const { leaves: count, reopen } of steps) {
          const to = Math.min(leaves.length, tree.size + count);
          await tree.append(packed(tree.size, to));
          if (!reopen) continue;
          await tree.settle();
          tree = await MerkleTree.open(store, tree.size);
        }
        await tree.settle();
        const expected = Buffer.from(rootOf(leaves.slice(0, tree.size)));
        expect(Buffer.from(tree.root())).toEqual(expected);
        expect(Buffer.from(await readTree(store, tree.size).root())).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('goes on after a crash that lost what was not settled: the same leaves again give the same tiles', async () => {
    const store = memoryTiles();
    const before = await MerkleTree.open(store);
    await before.append(packed(0, 300));
    await before.settle();
    await before.append(packed(300, 900));
    const after = await MerkleTree.open(store, 300);
    await after.append(packed(300, 1_000));
    await after.settle();
    expect(Buffer.from(after.root())).toEqual(Buffer.from(rootOf(leaves.slice(0, 1_000))));
  });

  it('opens and is read without partial tiles whose full ones exist', async () => {
    const store = memoryTiles();
    const tree = await MerkleTree.open(store);
    await tree.append(packed(0, 100));
    await tree.settle();
    await tree.append(packed(100, 300));
    await tree.settle();
    expect(store.tiles.delete('tile/0/000.p/100')).toBe(true);
    const root = Buffer.from(rootOf(leaves.slice(0, 100)));
    expect(Buffer.from((await MerkleTree.open(store, 100)).root())).toEqual(root);
    expect(Buffer.from(await readTree(store, 100).root())).toEqual(root);
  });

  it('has at any size the partial tiles of that size and no other', async () => {
    const store = memoryTiles();
    const tree = await MerkleTree.open(store);
    await tree.append(packed(0, TILE_WIDTH + 3));
    await tree.settle();
    expect([...store.tiles.keys()].sort()).toEqual(['tile/0/000', 'tile/0/001.p/3', 'tile/1/000.p/1']);
  });

  it('says which tile is absent or cut', async () => {
    const store = memoryTiles();
    const tree = await MerkleTree.open(store);
    await tree.append(packed(0, 10));
    await tree.settle();
    store.tiles.set('tile/0/000.p/10', packed(0, 9));
    await expect(MerkleTree.open(store, 10)).rejects.toMatchObject({ name: 'TileUnreadable', path: 'tile/0/000.p/10' });
    store.tiles.clear();
    await expect(readTree(store, 10).root()).rejects.toThrow(TileUnreadable);
  });

  it('is not written by two at once, nor after a failure', async () => {
    const failing = { ...memoryTiles(), put: () => Promise.reject(new Error('disk full')) };
    const tree = await MerkleTree.open(failing);
    const first = tree.append(packed(0, 256));
    await expect(tree.append(packed(256, 257))).rejects.toThrow(/one caller/);
    await expect(first).rejects.toThrow('disk full');
    await expect(tree.append(packed(0, 1))).rejects.toThrow(/open it again/);
    await expect(tree.settle()).rejects.toThrow(/open it again/);
  });

  it('takes whole hashes only, and answers for its own leaves only', async () => {
    const store = memoryTiles();
    const tree = await MerkleTree.open(store);
    await expect(tree.append(new Uint8Array(33))).rejects.toThrow(RangeError);
    const reader = readTree(store, 0);
    await expect(reader.leaf(0)).rejects.toThrow(RangeError);
    await expect(reader.leaf(-1)).rejects.toThrow(RangeError);
    await expect(reader.root(1)).rejects.toThrow(RangeError);
    await expect(reader.inclusionProof(0)).rejects.toThrow(RangeError);
    await expect(reader.consistencyProof(1)).rejects.toThrow(RangeError);
  });
});
