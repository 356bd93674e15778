import { comparePaths } from '@freehold/state-parts';

/** What two streams have under one path; one of them may be missing. */
export interface Joined<Left, Right> {
  readonly path: string;
  readonly left: Left | undefined;
  readonly right: Right | undefined;
}

interface At {
  readonly path: string;
}

/** Passes entries on while each comes after the one before it. `refuse` throws. */
export async function* ordered<Entry extends At>(
  entries: AsyncIterable<Entry>,
  refuse: (path: string) => never,
): AsyncGenerator<Entry> {
  let before: string | undefined;
  for await (const entry of entries) {
    if (before !== undefined && comparePaths(before, entry.path) >= 0) refuse(entry.path);
    before = entry.path;
    yield entry;
  }
}

/** Both are in the order of the tree; an entry of each at a time is in memory. */
export async function* joinInTree<Left extends At, Right extends At>(
  lefts: AsyncIterable<Left>,
  rights: AsyncIterable<Right>,
): AsyncGenerator<Joined<Left, Right>> {
  const [left, right] = [lefts[Symbol.asyncIterator](), rights[Symbol.asyncIterator]()];
  try {
    let [a, b] = [await next(left), await next(right)];
    while (a !== undefined || b !== undefined) {
      const order = a === undefined ? 1 : b === undefined ? -1 : comparePaths(a.path, b.path);
      const path = (order <= 0 ? a?.path : b?.path) ?? '';
      yield { path, left: order <= 0 ? a : undefined, right: order >= 0 ? b : undefined };
      if (order <= 0) a = await next(left);
      if (order >= 0) b = await next(right);
    }
  } finally {
    await left.return?.();
    await right.return?.();
  }
}

async function next<Entry>(entries: AsyncIterator<Entry>): Promise<Entry | undefined> {
  const { done, value } = await entries.next();
  return done === true ? undefined : value;
}
