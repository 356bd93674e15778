import { expect, it } from '@jest/globals';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { DiskRoom } from './disk-room.js';

const GB = 1e9;
const freeBytes = async () => {
  const { bavail, bsize } = await statfs(tmpdir());
  return bavail * bsize;
};

it('says that the disk will be full before it is, however often a little is asked for', async () => {
  const room = await DiskRoom.at(tmpdir());
  const most = Math.ceil((await freeBytes()) / GB);
  let taken = 0;
  const take = async () => {
    for (; taken <= most; taken += 1) await room.take(GB);
  };
  await expect(take()).rejects.toMatchObject({ findings: [{ code: 'disk-full' }] });
  expect(taken).toBeGreaterThan(0);
  expect(taken * GB).toBeLessThan(await freeBytes());
});

it('counts what is written once, and has room again for what was not', async () => {
  const room = await DiskRoom.at(tmpdir());
  const large = Math.floor((await freeBytes()) * 0.6);
  await room.take(large);
  await expect(room.take(large)).rejects.toMatchObject({ findings: [{ code: 'disk-full' }] });
  room.written(large); // by what it is told; the disk is looked at again, and nothing is there
  await room.take(large);
});
