import { describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { KeyFilter } from './key-filter.js';

describe('a filter of keys', () => {
  it('has every key that was added, and hardly another', () => {
    const filter = new KeyFilter();
    const keys = Array.from({ length: 20_000 }, (_, n) => (n % 2 === 0 ? randomUUID() : `1:${n}`));
    for (const key of keys) filter.add(key);
    expect(keys.every((key) => filter.mayHave(key))).toBe(true);
    const others = Array.from({ length: 20_000 }, (_, n) => (n % 2 === 0 ? randomUUID() : `1:${100_000 + n}`));
    expect(others.filter((key) => filter.mayHave(key)).length).toBeLessThan(20);
  });
});
