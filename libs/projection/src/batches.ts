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
  const source: Source<Item> = { iterator, pending: iterator.next() };
  try {
    for (;;) {
      const first = await orAfter(source.pending, idleMs);
      if (first === nothingYet) {
        yield null;
        continue;
      }
      if (first.done === true) return;
      const batch = [first.value];
      source.pending = iterator.next();
      await addReady(batch, size, source);
      yield batch;
    }
  } finally {
    source.pending.catch(() => undefined);
    // Not awaited: a generator that waits for its next item would only end after it.
    void iterator.return?.().catch(() => undefined);
  }
}

interface Source<Item> {
  readonly iterator: AsyncIterator<Item>;
  pending: Promise<IteratorResult<Item>>;
}

/** What comes turn by turn, until one brings nothing. One timer a turn: one an item costs more than the item. */
async function addReady<Item>(batch: Item[], size: number, source: Source<Item>): Promise<void> {
  let turn = nextTurn(nothingYet);
  let before = 1;
  while (batch.length < size) {
    const next = await Promise.race([source.pending, turn]);
    if (next === nothingYet) {
      if (batch.length === before) return;
      before = batch.length;
      turn = nextTurn(nothingYet);
    } else {
      if (next.done === true) return;
      batch.push(next.value);
      source.pending = source.iterator.next();
    }
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
