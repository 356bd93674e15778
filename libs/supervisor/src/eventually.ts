import { setTimeout as pause } from 'node:timers/promises';

export interface EventuallyOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/** Asks until the answer is true. False when it was not within `timeoutMs` (default 20 s); what the predicate throws goes out. */
export async function eventually(
  predicate: () => boolean | Promise<boolean>,
  { timeoutMs = 20_000, intervalMs = 50 }: EventuallyOptions = {},
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await predicate()) return true;
    if (performance.now() >= deadline) return false;
    await pause(intervalMs);
  }
}
