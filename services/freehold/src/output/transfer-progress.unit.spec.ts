import { describe, expect, it } from '@jest/globals';
import { transferText } from './transfer-progress.js';

describe('long work on files', () => {
  it.each([
    [
      { filesDone: 1_204, files: 10_625, bytesDone: 1_200_000_000, bytes: 10e9 },
      4_000,
      '1,204 of 10,625 files, 1.2 GB of 10 GB, 300 MB/s, 29 s left',
    ],
    [{ filesDone: 3, files: null, bytesDone: 4_200_000, bytes: null }, 2_000, '3 files, 4.2 MB, 2.1 MB/s'],
    [{ filesDone: 0, files: 9, bytesDone: 0, bytes: 100 }, 60_000, '0 of 9 files, 0 B of 100 B'],
    [{ filesDone: 1, files: 9, bytesDone: 50, bytes: 100 }, 10, '1 of 9 files, 50 B of 100 B'],
    [
      { filesDone: 9, files: 9, bytesDone: 120_000, bytes: 100_000 },
      2_000,
      '9 of 9 files, 120 kB of 100 kB, 60 kB/s, 0.0 s left',
    ],
  ])('says how far it is, how fast and how long: %j', (transfer, tookMs, said) =>
    expect(transferText(transfer, tookMs)).toBe(said),
  );
});
