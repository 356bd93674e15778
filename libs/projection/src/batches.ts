import { setImmediate as nextTurn } from 'node:timers/promises';

const nothingYet = Symbol('nothing yet');

/**
 * What an iterable has ready, up to `size` at a time, without waiting for more; one `null` after `idleMs` without any.
 * Ends the iterable when it is left.
 */
export async function* batchesOf<Item>(
  items: AsyncIterable<Item>,
  { size, idleMs }: { size: number; idleMs: number },
): AsyncGenerator<readonly Item[] | null> {
  const iterator = items[Symbol.asyncIterator]();
  let pending = iterator.next();
  try {
    for (;;) {
      const first = await orAfter(pending, idleMs);
      if (first === nothingYet) {
        yield null;
        continue;
      }
      if (first.done === true) return;
      const batch = [first.value];
      pending = iterator.next();
      while (batch.length < size) {
        const next = await Promise.race([pending, nextTurn(nothingYet)]);
        if (next === nothingYet || next.done === true) break;
        batch.push(next.value);
        pending = iterator.next();
      }
      yield batch;
    }
  } finally {
    pending.catch(() => undefined);
    // Not awaited: a generator that waits for its next item would only end after it.
    void iterator.return?.().catch(() => undefined);
  }
}

async function orAfter<Value>(promise: Promise<Value>, ms: number): Promise<Value | typeof nothingYet> {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<typeof nothingYet>((resolve) => {
    timer = setTimeout(() => resolve(nothingYet), ms);
  });
  try {
    return await Promise.race([promise, elapsed]);
  } finally {
    clearTimeout(timer);
  }
}
