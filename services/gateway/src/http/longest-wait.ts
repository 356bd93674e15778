import type { Operation } from '@freehold/kernel';
import { z } from 'zod';

const LONGEST_S = 60;
const known = new WeakMap<Operation, number>();

/** How many seconds a query may wait: the most that its `wait` takes, up to 60; 0 for one that has none. */
export function longestWaitOf(row: Operation): number {
  const found = known.get(row) ?? measure(row);
  known.set(row, found);
  return found;
}

function measure({ body }: Operation): number {
  const wait = body instanceof z.ZodObject ? (body.shape as z.ZodRawShape)['wait'] : undefined;
  if (wait === undefined) return 0;
  let seconds = LONGEST_S;
  while (seconds > 0 && !z.safeParse(wait, String(seconds)).success) seconds -= 1;
  return seconds;
}
