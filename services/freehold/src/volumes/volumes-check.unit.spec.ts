import { describe, expect, it } from '@jest/globals';
import type { VolumeState } from '@freehold/log';
import { volumesCheck } from './volumes-check.js';

const GB = 1e9;
const closed = (volume: number): VolumeState => ({ volume, status: 'closed', commits: 9, sizeBytes: GB, maxBytes: GB });
const open = (volume: number, sizeBytes: number): VolumeState => ({
  ...closed(volume),
  ...{ status: 'open', sizeBytes, maxBytes: 10 * GB },
});

describe('what doctor says of the log', () => {
  it('says how many volumes there are, and what is left', () => {
    expect(volumesCheck([closed(1), open(2, 3 * GB)], 100 * GB)).toMatchObject({
      status: 'ok',
      detail: '2 of at most 64 volumes, 4.0 GB; volume 2 has room for 7.0 GB of 10 GB',
    });
  });

  it.each([
    ['at four fifths', [open(1, 8 * GB)], 100 * GB, 'problem'],
    ['below that', [open(1, 8 * GB - 1)], 100 * GB, 'ok'],
    ['none being open', [closed(1)], 100 * GB, 'problem'],
    ['the disk being full first', [open(1, GB)], 8 * GB, 'notice'],
    [
      'few numbers being left',
      [...Array.from({ length: 56 }, (_, n) => closed(n + 1)), open(57, GB)],
      100 * GB,
      'notice',
    ],
  ] as const)('alarms %s', (_, volumes, free, status) => {
    const check = volumesCheck(volumes, free);
    expect(check.status).toBe(status);
    expect(check.remedy === null).toBe(status === 'ok');
  });
});
