import { describe, expect, it } from '@jest/globals';
import { BucketSums } from './bucket-sums.js';

const T = 'public.t';
/** Rows as `<key>:<content>`; negative buckets are those of fresh rows. */
function sumsOf(rows: Readonly<Record<string, readonly (readonly [key: bigint, content: bigint])[]>>): BucketSums {
  const found = new BucketSums(new Map([[T, 4]]));
  for (const [bucket, some] of Object.entries(rows)) {
    for (const [keys, content] of some)
      found.told(T, Number(bucket), { count: 1, sums: [content, content * 3n], keys });
  }
  return found;
}
const then = sumsOf({
  0: [[1n, 10n]],
  1: [[2n, 20n]],
  2: [[3n, 30n]],
  3: [
    [2n ** 63n, 40n],
    [2n ** 63n + 5n, 50n],
  ],
});

const seen = (now: BucketSums) => {
  const changed = now.changed(T, then, 'content');
  const byKeys = now.changed(T, then, 'keys');
  return { changed, byKeys, gone: now.gone(T, then, changed), fresh: now.fresh(T).count };
};

describe('what has become of the rows of a bucket', () => {
  it('nothing, or only fresh ones came', () => {
    expect(seen(then)).toEqual({ changed: [], byKeys: [], gone: [], fresh: 0 });
    const more = { 0: [[1n, 10n]], '-1': [[7n, 70n]], 1: [[2n, 20n]], 2: [[3n, 30n]] } as const;
    const now = sumsOf({
      ...more,
      3: [
        [2n ** 63n, 40n],
        [2n ** 63n + 5n, 50n],
      ],
    });
    expect(seen(now)).toEqual({ changed: [], byKeys: [], gone: [], fresh: 1 });
  });

  it('they changed under the same keys; went; or went while others came', () => {
    const now = sumsOf({
      ...{ '-1': [[1n, 11n]] }, // changed
      ...{ 2: [], '-3': [[9n, 90n]] }, // another key
      ...{ 3: [[2n ** 63n + 5n, 50n]], '-4': [[2n ** 63n, 41n]] }, // one of two changed; sums go round
    });
    expect(seen(now)).toEqual({ changed: [0, 1, 2, 3], byKeys: [0, 1, 2, 3], gone: [1, 2], fresh: 3 });
  });

  it('is the same when it has been written down', () => {
    const read = new BucketSums(new Map([[T, 4]]));
    for (const line of then.lines(T).trim().split('\n')) read.read(T, line);
    expect(read.lines(T)).toBe(then.lines(T));
    expect(seen(read)).toEqual({ changed: [], byKeys: [], gone: [], fresh: 0 });
  });

  it('their content is not looked at where only keys are told', () => {
    const now = sumsOf({
      0: [[1n, 0n]],
      1: [[2n, 0n]],
      2: [[3n, 0n]],
      3: [
        [5n, 0n],
        [0n, 0n],
      ],
    });
    expect(seen(now)).toEqual({ changed: [0, 1, 2, 3], byKeys: [], gone: [], fresh: 0 });
  });
});
