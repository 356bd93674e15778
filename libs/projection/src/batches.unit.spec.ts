import { describe, expect, it } from '@jest/globals';
import { batchesOf } from './batches.js';

async function* numbersTo(end: number): AsyncGenerator<number> {
  for (let number = 1; number <= end; number += 1) yield number;
}

describe('batches', () => {
  it('hold everything, in order, and never more than their size', async () => {
    const batches = await Array.fromAsync(batchesOf(numbersTo(25), { size: 10, idleMs: 1000 }));
    expect(batches.map((batch) => batch?.length)).toEqual([10, 10, 5]);
    expect(batches.flat()).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
  });

  it('do not wait for more than is there, and tell when nothing comes', async () => {
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    async function* slowly() {
      yield 1;
      await gate;
      yield 2;
    }
    const batches = batchesOf(slowly(), { size: 10, idleMs: 5 });
    expect((await batches.next()).value).toEqual([1]);
    expect((await batches.next()).value).toBeNull();
    release?.();
    const rest = await Array.fromAsync(batches);
    expect(rest.filter((batch) => batch !== null)).toEqual([[2]]);
  });

  it('pass on what fails, after what came before it', async () => {
    async function* failing() {
      yield 1;
      throw new Error('torn');
    }
    const batches = batchesOf(failing(), { size: 10, idleMs: 1000 });
    await expect(Array.fromAsync(batches)).rejects.toThrow('torn');
  });

  it('end their source when they are left', async () => {
    let ended = false;
    async function* endless() {
      try {
        for (;;) yield 1;
      } finally {
        ended = true;
      }
    }
    for await (const batch of batchesOf(endless(), { size: 3, idleMs: 1000 })) {
      expect(batch).toHaveLength(3);
      break;
    }
    await new Promise(setImmediate);
    expect(ended).toBe(true);
  });
});
