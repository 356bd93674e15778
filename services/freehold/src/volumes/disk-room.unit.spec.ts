import { expect, it } from '@jest/globals';
import { sizeOf } from './disk-room.js';

const GIB = 2 ** 30;

it('makes volumes larger as the log grows, up to 32 GiB', () => {
  const sizes = [1, 8, 9, 17, 41, 64].map((volume) => sizeOf(volume, 1_000 * GIB) / GIB);
  expect(sizes).toEqual([1, 1, 2, 4, 32, 32]);
});

it('leaves half of the free disk', () => {
  expect(sizeOf(1, GIB + 1)).toBe(GIB / 2);
});
