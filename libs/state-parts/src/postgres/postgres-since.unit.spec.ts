import { describe, expect, it } from '@jest/globals';
import { ROW } from './postgres-digest.js';
import { BucketSums } from './bucket-sums.js';
import type { Relation } from './postgres-objects.js';
import { freshSql, tablesSince } from './postgres-since.js';

const XMIN = `${ROW}.xmin::text::bigint`;
const ROUND = 2n ** 32n;

describe('whether a row is fresh', () => {
  it('is asked of its transaction: not older than any that was open when the copy was taken', () => {
    expect(freshSql('740:740:', '745:745:')).toBe(`(${XMIN} >= 740)`);
    expect(freshSql('735:740:735,738', '745:745:')).toBe(`(${XMIN} >= 735)`);
  });

  it('is asked by the lower 32 bits, which are what rows have', () => {
    const [low, high] = [3n * ROUND + 10n, 3n * ROUND + 12n];
    expect(freshSql(`${low}:${high}:${low}`, `${high}:${high}:`)).toBe(`(${XMIN} >= 10)`);
  });

  it('cannot be told once the numbers have gone round, or of an older state', () => {
    expect(freshSql(`${ROUND - 2n}:${ROUND - 1n}:`, `${ROUND + 5n}:${ROUND + 5n}:`)).toBeNull();
    expect(freshSql(`${ROUND - 2n}:${ROUND + 1n}:${ROUND - 2n}`, `${ROUND + 5n}:${ROUND + 5n}:`)).toBeNull();
    expect(freshSql('740:740:', '739:739:')).toBeNull();
  });
});

describe('the report of a copy and what has changed since', () => {
  const T = 'public.t';
  const relation = (more: Partial<Relation>): Relation => ({
    ...{ title: T, quoted: T, schema: 'public', name: 't', kind: 'r', blocks: 1, columns: ['id'] },
    ...{ key: ['id'], hasPlainKey: true, hasVersions: true, ...more },
  });
  type Row = readonly [key: bigint, content: bigint];
  const told = (rows: readonly Row[], fresh: readonly Row[] = [], buckets = 1) => {
    const sums = new BucketSums(new Map([[T, buckets]]));
    for (const [at, [keys, one]] of rows.entries()) sums.told(T, at % buckets, { count: 1, sums: [one, one], keys });
    for (const [keys, one] of fresh) sums.told(T, -1, { count: 1, sums: [one, one], keys });
    return sums;
  };
  const since = (copy: BucketSums, now: BucketSums, more: Partial<Relation> = {}) =>
    tablesSince([relation(more)], copy, now)[0];
  const hex = (...sums: number[]) => sums.map((sum) => sum.toString(16).padStart(16, '0')).join('');
  const copy = told(
    [
      [1n, 16n],
      [2n, 32n],
    ],
    [],
    2,
  );

  it('is that of the copy while nothing has changed, however it was told', () => {
    expect(
      since(
        copy,
        told([
          [2n, 0n],
          [1n, 0n],
        ]),
      ),
    ).toEqual({ name: T, count: 2, digest: hex(48, 48) });
    expect(since(told([[3n, 48n]]), told([[3n, 0n]]))).toEqual({ name: T, count: 1, digest: hex(48, 48) });
  });

  it('differs by the copy, by which rows there are, and by what was written since', () => {
    const digests = [
      since(copy, told([[1n, 0n]], [[2n, 33n]])),
      since(
        told([
          [1n, 15n],
          [2n, 32n],
        ]),
        told([[1n, 0n]], [[2n, 33n]]),
      ),
      since(copy, told([[2n, 0n]], [[2n, 33n]])),
      since(copy, told([[1n, 0n]], [[2n, 34n]])),
      since(copy, told([[1n, 0n]])),
    ].map((table) => table?.digest);
    expect(digests[0]).toBe(`${hex(48, 48)}/${hex(3)}/${hex(33, 33)}`);
    expect(new Set(digests).size).toBe(5);
  });

  it('is that of all rows where rows have no keys of their own', () => {
    const now = told([[0n, 16n]], [[0n, 2n ** 64n - 1n]]);
    expect(since(copy, now, { key: null })).toEqual({ name: T, count: 2, digest: hex(15, 15) });
    expect(since(copy, now, { hasVersions: false })).toEqual({ name: T, count: 2, digest: hex(15, 15) });
    expect(since(copy, now, { hasPlainKey: false })).toEqual({ name: T, count: 2, digest: hex(15, 15) });
  });
});
