import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineSpool } from './line-spool.js';
import { linesOf } from './lines.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'freehold-spool-'));
});
afterEach(() => rm(root, { recursive: true }));

const lines = (spool: LineSpool) =>
  linesOf(spool.read(), 100, () => {
    throw new Error('too long');
  });

it('is read while it is written, each line as soon as it is there', async () => {
  await using spool = await LineSpool.create(join(root, 'new', 'spool'));
  const read = lines(spool);
  await spool.filledBy(async () => {
    for (const line of ['one', 'zwölf']) {
      await spool.write(`${line}\n`);
      expect((await read.next()).value).toBe(line);
    }
  });
  expect((await read.next()).done).toBe(true);
});

it('keeps what is not read yet on the disk, and loses nothing of it', async () => {
  await using spool = await LineSpool.create(join(root, 'spool'));
  const count = 50_000;
  const writing = spool.filledBy(async () => {
    for (let n = 0; n < count; n += 1) await spool.write(`line ${n}\n`);
  });
  let read = 0;
  for await (const line of lines(spool)) expect(line).toBe(`line ${read++}`);
  await writing;
  expect(read).toBe(count);
});

it('tells who reads that who writes has failed, after all that was written', async () => {
  await using spool = await LineSpool.create(join(root, 'spool'));
  const failing = spool.filledBy(async () => {
    await spool.write('one\n');
    throw new Error('no more');
  });
  await expect(failing).rejects.toThrow('no more');
  const read = lines(spool);
  expect((await read.next()).value).toBe('one');
  await expect(read.next()).rejects.toThrow('no more');
});
