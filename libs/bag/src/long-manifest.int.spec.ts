import { expect, test } from '@jest/globals';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { freshFolder, sha256 } from './bag.fixture.js';
import { checkBag, readManifest, writeTagFiles } from './index.js';

const LINES = 200_000;
const MIB = 1024 * 1024;
const used = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / MIB;
};
/** As long as paths of media stores are: a manifest of 34 MiB. */
const pathOf = (n: number): string => `data/parts/media/${String(n).padStart(6, '0')}/${'x'.repeat(80)}`;

test('a manifest of 200,000 lines is written, read and checked in little memory', async () => {
  await using here = await freshFolder();
  const digest = sha256('');
  async function* payload() {
    for (let n = 0; n < LINES; n += 1) yield { path: pathOf(n), sizeBytes: 0, sha256: digest };
  }
  const before = used();
  const summary = await writeTagFiles(here.path, { payload: payload(), info: {} });
  expect(summary.payloadFiles).toBe(LINES);
  let lines = 0;
  let most = 0;
  for await (const line of readManifest(join(here.path, 'manifest-sha256.txt'))) {
    lines += line.sha256 === digest ? 1 : 0;
    if (lines % 10_000 === 0) most = Math.max(most, used() - before);
  }
  expect(lines).toBe(LINES);
  // Garbage that was not collected so far included; the strings alone would take 60 MiB.
  expect(most).toBeLessThan(120);
  await mkdir(join(here.path, 'data'));
  const { findings } = await checkBag(here.path);
  expect(findings).toHaveLength(201);
  expect(findings.at(-1)).toMatchObject({ detail: `${LINES + 1 - 200} more findings are not listed` });
  expect(used() - before).toBeLessThan(120);
}, 180_000);

test('a file of one endless line is refused without holding it', async () => {
  await using here = await freshFolder();
  const file = join(here.path, 'manifest-sha256.txt');
  const handle = await open(file, 'w');
  await handle.truncate(512 * MIB);
  await handle.close();
  const before = used();
  await expect(Array.fromAsync(readManifest(file))).rejects.toMatchObject({ findings: [{ code: 'line-too-long' }] });
  expect(used() - before).toBeLessThan(100);
}, 180_000);
