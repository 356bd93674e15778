import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FolderTakenError, takeLock } from './folder-lock.js';
import { isAlive, ownIdentity } from './os-process.js';

let lock: string;
beforeEach(() => {
  lock = join(mkdtempSync(join(tmpdir(), 'freehold-lock-')), 'run', 'lock');
});
afterEach(() => rmSync(dirname(dirname(lock)), { recursive: true, force: true }));

it('is held by one, and free after release', () => {
  const held = takeLock(lock);
  expect(() => takeLock(lock)).toThrow(FolderTakenError);
  held.release();
  expect(existsSync(lock)).toBe(false);
  takeLock(lock).release();
});

it('is taken over from a process that is gone, even when its pid lives again', () => {
  takeLock(lock).release();
  writeFileSync(lock, JSON.stringify({ pid: process.pid, startTime: 1 }));
  takeLock(lock).release();
  expect(readdirSync(dirname(lock))).toEqual([]);
});

it('is taken over when a power cut left it empty', () => {
  takeLock(lock).release();
  writeFileSync(lock, '');
  takeLock(lock).release();
});

it('knows this process from an earlier one with its pid', () => {
  expect(isAlive(ownIdentity())).toBe(true);
  expect(isAlive({ ...ownIdentity(), startTime: 1 })).toBe(false);
});
