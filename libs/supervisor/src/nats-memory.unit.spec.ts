import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { natsMemoryLimit } from './nats-memory.js';

const MIB = 2 ** 20;
let store: string;

beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), 'nats-store-'));
});
afterEach(() => rmSync(store, { recursive: true }));

it('is 400 MiB where there is little, or nothing yet', () => {
  expect(natsMemoryLimit(store)).toBe(400 * MIB);
  expect(natsMemoryLimit(join(store, 'none'))).toBe(400 * MIB);
});

it('grows with what the streams have on disk, however deep', () => {
  const folder = join(store, 'jetstream', 'CELL', 'streams', 'LOG_1', 'msgs');
  mkdirSync(folder, { recursive: true });
  for (const name of ['1.blk', '2.blk']) {
    writeFileSync(join(folder, name), '');
    truncateSync(join(folder, name), 4_000 * MIB);
  }
  expect(natsMemoryLimit(store)).toBeGreaterThanOrEqual(800 * MIB);
  expect(natsMemoryLimit(store)).toBeLessThan(801 * MIB);
});
