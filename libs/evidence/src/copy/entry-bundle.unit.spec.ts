import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { commitLeaf, type LoggedCommit } from '../history/commit-leaf.js';
import { parseCommitLeaf } from '../history/parse-leaf.js';
import { entriesPath, formatEntries, splitEntries } from './entry-bundle.js';

const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const commit: fc.Arbitrary<LoggedCommit> = fc.record({
  position: fc.tuple(count, count).map(([volume, sequence]) => `${volume}:${sequence}` as const),
  time: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  subject: fc.string({ unit: 'grapheme' }).filter((subject) => subject.isWellFormed()),
  body: fc.uint8Array({ maxLength: 300 }),
});

describe('an entry', () => {
  it('is the leaf of a commit, from which the commit is read again', () => {
    fc.assert(
      fc.property(commit, (given) => {
        const read = parseCommitLeaf(commitLeaf(given));
        expect(read && { ...read, body: [...read.body] }).toEqual({ ...given, body: [...given.body] });
      }),
    );
  });

  it('is no commit, or another one, with any byte changed, put in or taken out', () => {
    const leaf = Buffer.from(commitLeaf({ position: '2:258', time: '-2', subject: 'log.ü', body: Buffer.from('{}') }));
    for (let at = 0; at < leaf.byteLength; at += 1) {
      const cut = Buffer.concat([leaf.subarray(0, at), leaf.subarray(at + 1)]);
      expect(parseCommitLeaf(cut)).toBeNull();
      expect(parseCommitLeaf(leaf.subarray(0, at))).toBeNull();
      for (let bit = 1; bit < 256; bit *= 2) {
        const changed = Buffer.from(leaf);
        changed[at]! ^= bit;
        const read = parseCommitLeaf(changed);
        if (read !== null) expect(Buffer.from(commitLeaf(read))).toEqual(changed);
      }
    }
    expect(parseCommitLeaf(Buffer.concat([leaf, Buffer.of(0)]))).toBeNull();
  });
});

describe('a bundle of entries', () => {
  it('has lengths of two bytes, and a path beside the tiles', () => {
    const bundle = formatEntries([Buffer.from('ab'), Buffer.alloc(0), Buffer.alloc(258, 1)]);
    expect(Buffer.from(bundle).toString('hex')).toBe(`0002616200000102${'01'.repeat(258)}`);
    expect(splitEntries(bundle)?.map(({ byteLength }) => byteLength)).toEqual([2, 0, 258]);
    expect(entriesPath({ index: 1_234_067, width: 256 })).toBe('tile/entries/x001/x234/067');
    expect(entriesPath({ index: 0, width: 8 })).toBe('tile/entries/000.p/8');
  });

  it.each([
    ['cut within a length', '00016100'],
    ['cut within an entry', '000261'],
    ['empty', ''],
    ['too full', '0000'.repeat(257)],
  ])('is none when it is %s', (_, hex) => {
    expect(splitEntries(Buffer.from(hex, 'hex'))).toBeNull();
  });

  it('holds no entry of more than 65,535 bytes', () => {
    expect(splitEntries(formatEntries([Buffer.alloc(65_535)]))).toHaveLength(1);
    expect(() => formatEntries([Buffer.alloc(65_536)])).toThrow(RangeError);
  });
});
