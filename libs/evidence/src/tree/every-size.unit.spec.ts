import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryTiles } from './memory.tile-store.js';
import { MerkleTree } from './merkle-tree.js';
import { flipped, flippedAt, pathOf, proofOf, rootOf, textLeaf } from './rfc9162.fixture.js';
import { readTree, type TreeReader } from './tree-reader.js';
import { verifyConsistency, verifyInclusion } from './verify-proof.js';

const LARGEST = 300;
/** Up to these sizes every lie is tried; in larger trees samples of them. */
const ALL_BITS = 16;
const ALL_LIES = 70;
const BITS = Array.from({ length: 256 }, (_, bit) => bit);
const leaves = Array.from({ length: LARGEST }, (_, at) => textLeaf(`leaf ${at}`));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

describe('every tree of up to 300 leaves', () => {
  const roots: Uint8Array[] = [];
  let tree: TreeReader;

  beforeAll(async () => {
    const store = memoryTiles();
    const growing = await MerkleTree.open(store);
    roots.push(growing.root());
    for (const leaf of leaves) {
      await growing.append(leaf);
      roots.push(growing.root());
    }
    await growing.settle();
    tree = readTree(store, LARGEST);
  });

  it('has the root of RFC 9162, while it grows and read from its tiles', async () => {
    for (const size of upTo(LARGEST + 1)) {
      const expected = Buffer.from(rootOf(leaves.slice(0, size)));
      expect(Buffer.from(roots[size]!)).toEqual(expected);
      expect(Buffer.from(await tree.root(size))).toEqual(expected);
    }
  });

  it('has the inclusion proof of RFC 9162 for each leaf, which is accepted, there and not beside', async () => {
    for (const size of upTo(LARGEST + 1)) {
      for (const index of upTo(size)) {
        const proof = await tree.inclusionProof(index, size);
        const claim = { index, size, leaf: leaves[index]!, proof, root: roots[size]! };
        if (!verifyInclusion(claim)) throw new Error(`leaf ${index} of ${size} is refused`);
        if (size > ALL_LIES) continue;
        const elsewhere = (index + 1) % size;
        if (elsewhere !== index && verifyInclusion({ ...claim, index: elsewhere })) {
          throw new Error(`leaf ${index} of ${size} is accepted at ${elsewhere}`);
        }
        if (verifyInclusion({ ...claim, proof: [...proof, leaves[0]!] }))
          throw new Error(`${index} of ${size}: too long`);
        if (proof.length > 0 && verifyInclusion({ ...claim, proof: proof.slice(0, -1) })) {
          throw new Error(`${index} of ${size}: too short`);
        }
      }
    }
  });

  it('has the consistency proof of RFC 9162 with each smaller tree, which is accepted', async () => {
    for (const second of upTo(LARGEST + 1)) {
      for (const first of upTo(second + 1)) {
        const proof = await tree.consistencyProof(first, second);
        const claim = { first, second, firstRoot: roots[first]!, secondRoot: roots[second]!, proof };
        if (!verifyConsistency(claim)) throw new Error(`${first} to ${second} is refused`);
        if (second > ALL_LIES) continue;
        if (verifyConsistency({ ...claim, proof: [...proof, leaves[0]!] }))
          throw new Error(`${first}-${second}: too long`);
        if (proof.length > 0 && verifyConsistency({ ...claim, proof: proof.slice(0, -1) })) {
          throw new Error(`${first} to ${second}: too short`);
        }
      }
    }
  });

  it.each([1, 2, 3, 7, 8, 63, 100, 255, 256, 257, 300])(
    'has in a tree of %i the proofs of the definition',
    async (size) => {
      const first = leaves.slice(0, size);
      for (const at of upTo(size)) {
        expect((await tree.inclusionProof(at, size)).map(hex)).toEqual(pathOf(at, first).map(hex));
        expect((await tree.consistencyProof(at + 1, size)).map(hex)).toEqual(proofOf(at + 1, first).map(hex));
      }
    },
  );

  it('accepts no inclusion with one bit turned, in leaf, root or proof', async () => {
    for (const size of upTo(ALL_BITS + 1)) {
      for (const index of upTo(size)) {
        const proof = await tree.inclusionProof(index, size);
        const claim = { index, size, leaf: leaves[index]!, proof, root: roots[size]! };
        const accepted = BITS.filter(
          (bit) =>
            verifyInclusion({ ...claim, leaf: flipped(claim.leaf, bit) }) ||
            verifyInclusion({ ...claim, root: flipped(claim.root, bit) }) ||
            proof.some((_, at) => verifyInclusion({ ...claim, proof: flippedAt(proof, at, bit) })),
        );
        expect({ size, index, accepted }).toEqual({ size, index, accepted: [] });
      }
    }
  });

  it('accepts no consistency with one bit turned, in a root or in the proof', async () => {
    for (const second of upTo(ALL_BITS + 1)) {
      // Of an empty first tree nothing but its root is said: the second may be anything.
      for (const first of upTo(second + 1).slice(1)) {
        const proof = await tree.consistencyProof(first, second);
        const claim = { first, second, firstRoot: roots[first]!, secondRoot: roots[second]!, proof };
        const accepted = BITS.filter(
          (bit) =>
            verifyConsistency({ ...claim, firstRoot: flipped(claim.firstRoot, bit) }) ||
            verifyConsistency({ ...claim, secondRoot: flipped(claim.secondRoot, bit) }) ||
            proof.some((_, at) => verifyConsistency({ ...claim, proof: flippedAt(proof, at, bit) })),
        );
        expect({ first, second, accepted }).toEqual({ first, second, accepted: [] });
      }
    }
  });

  it('accepts nothing with one bit turned in larger trees either', async () => {
    const anywhere = fc.record({
      size: fc.integer({ min: ALL_BITS, max: LARGEST }),
      leaf: fc.nat(),
      which: fc.nat(),
      bit: fc.nat({ max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(anywhere, async ({ size, leaf, which, bit }) => {
        const index = leaf % size;
        const inclusion = await tree.inclusionProof(index, size);
        const included = { index, size, leaf: leaves[index]!, root: roots[size]! };
        expect(verifyInclusion({ ...included, proof: flippedAt(inclusion, which % inclusion.length, bit) })).toBe(
          false,
        );
        if (index === 0) return;
        const proof = await tree.consistencyProof(index, size);
        const continued = { first: index, second: size, firstRoot: roots[index]!, secondRoot: roots[size]! };
        expect(verifyConsistency({ ...continued, proof: flippedAt(proof, which % proof.length, bit) })).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');
