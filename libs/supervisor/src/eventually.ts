import { setTimeout as pause } from 'node:timers/promises';

export interface EventuallyOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/** Asks until the answer is true. False when it was not within `timeoutMs` (default 60 s); what the predicate throws goes out. */
export async function eventually(
  predicate: () => boolean | Promise<boolean>,
  { timeoutMs = 60_000, intervalMs = 50 }: EventuallyOptions = {},
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await predicate()) return true;
    if (performance.now() >= deadline) return false;
    await pause(intervalMs);
  }
}
