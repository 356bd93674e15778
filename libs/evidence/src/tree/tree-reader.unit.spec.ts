import { describe, expect, it } from '@jest/globals';
import { memoryTiles } from './memory.tile-store.js';
import { MerkleTree } from './merkle-tree.js';
import { flipped, textLeaf } from './rfc9162.fixture.js';
import type { TileStore } from './tile-store.port.js';
import { KeptTiles, readTree } from './tree-reader.js';
import { verifyInclusion } from './verify-proof.js';

/** A tree of every size up to 700 in a store that counts what is read of it. */
async function countedTree(): Promise<{ store: TileStore; read: string[] }> {
  const tiles = memoryTiles();
  const tree = await MerkleTree.open(tiles);
  for (let at = 0; at < 700; at += 1) {
    await tree.append(textLeaf(`commit ${at}`));
    if (at > 690) await tree.settle();
  }
  const read: string[] = [];
  const get = (path: string) => {
    read.push(path);
    return tiles.get(path);
  };
  return { store: { ...tiles, get }, read };
}

describe('tiles that were read', () => {
  it('are read once for proofs in trees of several sizes, which are the same as without', async () => {
    const { store, read } = await countedTree();
    const kept = new KeptTiles();
    const proofs = async (each?: KeptTiles) => {
      const found: Uint8Array[][] = [];
      for (const size of [692, 700, 692]) {
        for (const index of [3, 300, 690]) found.push(await readTree(store, size, each).inclusionProof(index));
      }
      return found;
    };
    const expected = await proofs();
    const reads = read.splice(0).length;
    expect(await proofs(kept)).toEqual(expected);
    expect(new Set(read).size).toBe(read.length);
    expect(read.length).toBeLessThan(reads / 2);
  });

  it('are 256 at most, those that were used last: the upper ones of a large tree stay', async () => {
    const kept = new KeptTiles();
    const loads: string[] = [];
    const use = (path: string) =>
      kept.rows(path, async () => {
        loads.push(path);
        return [];
      });
    await use('top');
    for (let at = 0; at < 1_000; at += 1) {
      await use(`leaves ${at}`);
      await use('top');
    }
    expect(loads.filter((path) => path === 'top')).toHaveLength(1);
    loads.length = 0;
    for (const at of [0, 999, 746, 745, 744]) await use(`leaves ${at}`);
    expect(loads).toEqual(['leaves 0', 'leaves 745', 'leaves 744']);
  });

  it('that could not be read are asked for again', async () => {
    const kept = new KeptTiles();
    await expect(kept.rows('tile', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect(await kept.rows('tile', async () => [Buffer.of(1)])).toEqual([Buffer.of(1)]);
  });

  it('that are wrong are read again once they were forgotten', async () => {
    const tiles = memoryTiles();
    const tree = await MerkleTree.open(tiles);
    await tree.append(Buffer.concat(Array.from({ length: 9 }, (_, at) => textLeaf(`commit ${at}`))));
    await tree.settle();
    const [path, right] = [...tiles.tiles][0]!;
    tiles.tiles.set(path, flipped(right, 5));
    const kept = new KeptTiles();
    const holds = async (): Promise<boolean> => {
      const reader = readTree(tiles, 9, kept);
      const [leaf, proof] = [await reader.leaf(7), await reader.inclusionProof(7)];
      return verifyInclusion({ index: 7, size: 9, leaf, proof, root: tree.root() });
    };
    expect(await holds()).toBe(false);
    tiles.tiles.set(path, right);
    expect(await holds()).toBe(false);
    kept.forget();
    expect(await holds()).toBe(true);
  });
});
