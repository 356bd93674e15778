import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { fromBase64, toBase64 } from '../note/strict-text.js';
import { memoryTiles } from './memory.tile-store.js';
import { MerkleTree } from './merkle-tree.js';
import { leafHash } from './tree-hash.js';
import { readTree } from './tree-reader.js';
import { verifyConsistency, verifyInclusion } from './verify-proof.js';

/** Made by Go's checksum database's library; fixtures/README.md says how. */
interface Vectors {
  roots: Record<string, string>;
  rootsTo2000: string;
  inclusion: { Size: number; Index: number; Proof: string[] }[];
  consistency: { First: number; Second: number; Proof: string[] }[];
  tiles: Record<string, string>;
  tileCount: number;
  tilesDigest: string;
}

const SIZE = 70_000;
const leaf = (at: number): Uint8Array => leafHash(Buffer.from(`leaf ${at}`));

describe('the tree of 70,000 leaves that golang.org/x/mod/sumdb/tlog has', () => {
  const store = memoryTiles();
  const early = createHash('sha256');
  const tree = readTree(store, SIZE);
  let vectors: Vectors;

  beforeAll(async () => {
    vectors = JSON.parse(await readFile(new URL('../../fixtures/tlog.json', import.meta.url), 'utf8')) as Vectors;
    const growing = await MerkleTree.open(store);
    for (let at = 0; at < SIZE; at += 1) {
      await growing.append(leaf(at));
      if (at < 2000) early.update(growing.root());
    }
    await growing.settle();
  });

  it('has the same roots', async () => {
    expect(early.digest('hex')).toBe(vectors.rootsTo2000);
    expect(Object.keys(vectors.roots)).toHaveLength(20);
    for (const [size, root] of Object.entries(vectors.roots))
      expect(toBase64(await tree.root(Number(size)))).toBe(root);
  });

  it('has the same tiles, full and partial', () => {
    const digests = [...store.tiles].map(([path, bytes]) => [path, sha256(bytes)] as const);
    expect(Object.fromEntries(digests)).toMatchObject(vectors.tiles);
    const listing = digests.map(([path, digest]) => `${path} ${digest}\n`).sort();
    expect(listing).toHaveLength(vectors.tileCount);
    expect(sha256(Buffer.from(listing.join('')))).toBe(vectors.tilesDigest);
  });

  it('makes the same inclusion proofs, and accepts theirs', async () => {
    for (const { Size, Index, Proof } of vectors.inclusion) {
      expect((await tree.inclusionProof(Index, Size)).map(toBase64)).toEqual(Proof);
      const claim = { index: Index, size: Size, leaf: leaf(Index), root: await tree.root(Size) };
      expect(verifyInclusion({ ...claim, proof: Proof.map(bytes) })).toBe(true);
    }
  });

  it('makes the same consistency proofs, and accepts theirs', async () => {
    for (const { First, Second, Proof } of vectors.consistency) {
      expect((await tree.consistencyProof(First, Second)).map(toBase64)).toEqual(Proof);
      const roots = { firstRoot: await tree.root(First), secondRoot: await tree.root(Second) };
      expect(verifyConsistency({ first: First, second: Second, ...roots, proof: Proof.map(bytes) })).toBe(true);
    }
  });
});

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
const bytes = (text: string): Uint8Array => fromBase64(text) ?? new Uint8Array();
