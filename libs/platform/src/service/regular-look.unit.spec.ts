import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { RegularLook } from './regular-look.js';

describe('a regular look', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const looking = (look: () => Promise<void>) => new RegularLook(look, { everyMs: 100, failed: 'cannot be looked at' });

  test('comes an interval after the start, and again, also after one that failed', async () => {
    let looks = 0;
    const regular = looking(async () => {
      looks += 1;
      if (looks === 1) throw new Error('nobody answers');
    });
    regular.start();
    await jest.advanceTimersByTimeAsync(99);
    expect(looks).toBe(0);
    await jest.advanceTimersByTimeAsync(201);
    expect(looks).toBe(3);
    await regular.stop();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(looks).toBe(3);
  });

  test('comes at once when it is wanted now, or is the one that is under way', async () => {
    let looks = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const regular = looking(() => {
      looks += 1;
      return promise;
    });
    const both = [regular.now(), regular.now()];
    expect(looks).toBe(1);
    resolve();
    await Promise.all(both);
    expect(looks).toBe(1);
  });

  test('is one at a time, and stopping waits for it', async () => {
    const told: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const regular = looking(async () => {
      told.push('begins');
      await promise;
      told.push('ends');
    });
    regular.start();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(told).toEqual(['begins']);
    const stopped = regular.stop().then(() => told.push('stopped'));
    resolve();
    await stopped;
    expect(told).toEqual(['begins', 'ends', 'stopped']);
  });
});
