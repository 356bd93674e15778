import { setTimeout as wait } from 'node:timers/promises';

/** Time left for something, in ms, on the monotonic clock. */
export interface Deadline {
  leftMs(): number;
}

export function deadlineIn(ms: number): Deadline {
  const end = performance.now() + ms;
  return { leftMs: () => end - performance.now() };
}

const FIRST_MS = 4;
const LONGEST_MS = 250;

/**
 * Waits before the `attempt`-th repeat (from 1), with full jitter, doubling up to 250 ms and never beyond the deadline.
 *
 * @returns whether there is time left.
 */
export async function backOff(attempt: number, deadline: Deadline): Promise<boolean> {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  const pause = Math.min(Math.random() * ceiling, deadline.leftMs());
  if (pause > 0) await wait(pause);
  return deadline.leftMs() > 0;
}
