import { expect, it } from '@jest/globals';
import { volumeSizeOf } from './volume-size.js';

const GIB = 2 ** 30;

it('makes volumes larger as the log grows, up to 32 GiB', () => {
  const sizes = [1, 8, 9, 17, 41, 64].map((volume) => volumeSizeOf(volume) / GIB);
  expect(sizes).toEqual([0.25, 0.25, 0.5, 1, 8, 32]);
});

it('leaves half of the free disk', () => {
  expect(volumeSizeOf(1, GIB / 4 + 1)).toBe(GIB / 8);
});
