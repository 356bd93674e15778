import { describe, expect, it } from '@jest/globals';
import { ProgressTeller, progressText, workTeller } from './progress.js';

describe('what is said of a transfer', () => {
  it('has counts, amounts in one unit, the rate and the rest', () => {
    const meter = { filesDone: 1204, files: 10_625, bytesDone: 1.2e9, bytes: 1e10, grows: false };
    expect(progressText('round 2', meter, 3.12e8)).toBe(
      'round 2: 1,204 of 10,625 files, 1.2 of 10 GB, 312 MB/s, 29 s left',
    );
  });

  it('says no rate that it does not know, and nothing odd of nothing', () => {
    const nothing = { filesDone: 0, files: 0, bytesDone: 0, bytes: 0, grows: false };
    expect(progressText('round 1', nothing, 0)).toBe('round 1: 0 of 0 files, 0 of 0 B');
    const long = { filesDone: 1, files: 2_000_000, bytesDone: 0, bytes: 5e12, grows: false };
    expect(progressText('sealed rest', long, 1e8)).toBe(
      'sealed rest: 1 of 2,000,000 files, 0 of 5 TB, 100 MB/s, 14 h left',
    );
  });

  it('has what was done so far where nobody knows how much there is', () => {
    const told: string[] = [];
    const onProgress = workTeller('captures: media', (text) => told.push(text), 0);
    onProgress({ files: 1_204, bytes: 3.4e9 });
    onProgress({ files: 0, bytes: 512 });
    expect(told).toEqual(['captures: media', 'captures: media, 1,204 files, 3.4 GB', 'captures: media, 512 B']);
  });

  it('does not say how long it takes while more is found', () => {
    const meter = { filesDone: 1204, files: 3120, bytesDone: 1.2e9, bytes: 3e9, grows: true };
    expect(progressText('round 1', meter, 3.12e8)).toBe(
      'round 1: 1,204 of 3,120 files found so far, 1.2 of 3 GB, 312 MB/s',
    );
  });

  it('is said seldom', () => {
    const told: string[] = [];
    const toDo = { fetchFiles: 9, fetchBytes: 9 };
    const teller = new ProgressTeller('r', toDo, (text) => told.push(text), { everyMs: 1e6 });
    for (let n = 0; n < 9; n += 1) teller.fileDone();
    expect(told).toEqual(['r: 1 of 9 files, 0 of 9 B']);
  });
});
