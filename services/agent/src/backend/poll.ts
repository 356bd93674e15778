import { setTimeout as pause } from 'node:timers/promises';

/** Between two looks that cost little, while somebody waits for a unit. */
export const SOON_MS = 15;

/** Asks again and again, first at once, until the answer is not undefined; undefined when the time is up. */
export async function poll<Answer>(
  timeoutMs: number,
  ask: () => Promise<Answer | undefined>,
  longestWaitMs = 100,
): Promise<Answer | undefined> {
  const end = performance.now() + timeoutMs;
  for (let waitMs = 5; ; waitMs = Math.min(waitMs * 1.5, longestWaitMs)) {
    const answer = await ask();
    if (answer !== undefined || performance.now() >= end) return answer;
    await pause(waitMs);
  }
}
