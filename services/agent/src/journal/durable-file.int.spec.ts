import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PackageCache } from '../packages/package-cache.js';
import { EnvironmentRecords } from '../reconciler/environment-record.js';
import { writeDurably } from './durable-file.js';
import { Journal } from './journal.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'durable-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a file that a killed agent was writing', () => {
  const openers: Record<string, () => Promise<unknown>> = {
    'records of environments': () => EnvironmentRecords.open(folder),
    journal: () => Journal.open(folder),
    packages: () => PackageCache.open(folder, () => Promise.reject(new Error('nobody asks for a package'))),
  };
  test.each(Object.keys(openers))('is gone after the next start: %s', async (name) => {
    await writeDurably(join(folder, 'kept.txt'), 'whole');
    await writeFile(join(folder, '.new-0123456789abcdef'), '{"sha');
    await openers[name]?.();
    expect(await readdir(folder)).toEqual(['kept.txt']);
  });
});
