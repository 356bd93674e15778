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
      for (
        let next = await orNothing(pending, size - 1);
        isItem(next);
        next = await orNothing(pending, size - batch.length)
      ) {
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

const orNothing = <Value>(promise: Promise<Value>, room: number): Promise<Value | typeof nothingYet> =>
  room > 0 ? Promise.race([promise, nextTurn(nothingYet)]) : Promise.resolve(nothingYet);

const isItem = <Item>(next: IteratorResult<Item> | typeof nothingYet): next is IteratorYieldResult<Item> =>
  next !== nothingYet && next.done !== true;

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
