import { describe, expect, it } from '@jest/globals';
import { tmpdir } from 'node:os';
import { GivenUp } from '../reconciler/failures.js';
import { withDiskNamed } from './move-failures.js';
import { needRoom } from './disk-room.js';

const full = Object.assign(new Error('write'), { code: 'ENOSPC' });

describe('a disk without room', () => {
  it('is found before anything is fetched', async () => {
    await expect(needRoom(tmpdir(), Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({
      findings: [{ code: 'disk-full' }],
    });
    await expect(needRoom(tmpdir(), 0)).resolves.toBeUndefined();
  });

  it('is named where something else failed because of it', () => {
    expect(withDiskNamed(full)).toMatchObject({ findings: [{ code: 'disk-full' }] });
    expect(withDiskNamed(new Error('the list was not written', { cause: full }))).toBeInstanceOf(GivenUp);
    const other = new Error('something else');
    expect(withDiskNamed(other)).toBe(other);
  });
});
