import type { RunnerLogger } from '../runner-options.js';

/**
 * What commands ask the database for, which they can do without: an answer that does not come soon is none, and after a
 * failure nobody asks for a while; then one asks for all.
 */
export class DatabaseCircuit {
  #openUntil = 0;
  #failed = false;

  /** @param options.pauseMs after a failure. */
  constructor(private readonly options: { pauseMs: number; logger: RunnerLogger }) {}

  /** Null: not asked, failed, or not answered within `boundMs`. */
  async ask<Answer>(question: () => Promise<Answer>, boundMs: number): Promise<Answer | null> {
    const { pauseMs, logger } = this.options;
    const now = performance.now();
    if (now < this.#openUntil) return null;
    if (this.#failed) this.#openUntil = now + pauseMs;
    try {
      const answer = await within(question(), boundMs);
      this.#failed = false;
      this.#openUntil = 0;
      return answer;
    } catch (err) {
      if (!this.#failed) logger.warn({ err }, 'Kept states are not to be had: aggregates are folded from the log');
      this.#failed = true;
      this.#openUntil = performance.now() + pauseMs;
      return null;
    }
  }
}

async function within<Answer>(asked: Promise<Answer>, boundMs: number): Promise<Answer> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`the database did not answer within ${boundMs} ms`)), boundMs);
  asked.catch(() => undefined);
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
