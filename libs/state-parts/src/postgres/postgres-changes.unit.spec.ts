import { describe, expect, it } from '@jest/globals';
import { ROW } from './postgres-digest.js';
import { freshSql } from './postgres-changes.js';

const XMIN = `${ROW}.xmin::text::bigint`;
const ROUND = 2n ** 32n;

describe('whether a row is fresh', () => {
  it('is asked of its transaction: after the copy, or open when it was taken', () => {
    expect(freshSql('740:740:', '745:745:')).toBe(`(${XMIN} >= 740)`);
    expect(freshSql('735:740:735,738', '745:745:')).toBe(`(${XMIN} >= 740 or ${XMIN} in (735, 738))`);
  });

  it('is asked by the lower 32 bits, which are what rows have', () => {
    const [low, high] = [3n * ROUND + 10n, 3n * ROUND + 12n];
    expect(freshSql(`${low}:${high}:${low}`, `${high}:${high}:`)).toBe(`(${XMIN} >= 12 or ${XMIN} in (10))`);
  });

  it('cannot be told once the numbers have gone round, or of an older state', () => {
    expect(freshSql(`${ROUND - 2n}:${ROUND - 1n}:`, `${ROUND + 5n}:${ROUND + 5n}:`)).toBeNull();
    expect(freshSql(`${ROUND - 2n}:${ROUND + 1n}:${ROUND - 2n}`, `${ROUND + 5n}:${ROUND + 5n}:`)).toBeNull();
    expect(freshSql('740:740:', '739:739:')).toBeNull();
  });
});
