import { PeerFailure } from '@freehold/peer';
import { log, Unavailable } from '@freehold/platform';
import { setTimeout as pause } from 'node:timers/promises';

const PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

/** The same again, with growing pauses, while nobody answers. @throws whatever else `attempt` throws */
export async function untilAnswered<Outcome>(attempt: () => Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
  for (let waitMs = PAUSE_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof PeerFailure || error instanceof Unavailable)) throw error;
      log().warn({ err: error, waitMs }, 'another provider does not answer yet');
    }
    await pause(waitMs, undefined, { signal });
  }
}
