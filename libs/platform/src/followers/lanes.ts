/** Work in order per key, different keys at once, as many as allowed. */
export class Lanes {
  readonly #tails = new Map<string, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  #active = 0;
  #taken = 0;
  #wakeReader: (() => void) | undefined;

  /** @param ahead how much may be taken before `room` waits. */
  constructor(
    private readonly concurrency: number,
    private readonly ahead: number,
  ) {}

  /** Runs after everything taken for this key before. Rejects as `work` does; the lane goes on. */
  run(key: string, work: () => Promise<void>): Promise<void> {
    this.#taken += 1;
    const before = this.#tails.get(key) ?? Promise.resolve();
    const own = before
      .then(() => this.#slot(work))
      .finally(() => {
        this.#taken -= 1;
        this.#wakeReader?.();
      });
    const tail = own
      .catch(() => undefined)
      .then(() => {
        if (this.#tails.get(key) === tail) this.#tails.delete(key);
      });
    this.#tails.set(key, tail);
    return own;
  }

  /** Resolves when another piece of work may be taken, or on abort. One reader only. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#taken >= this.ahead && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }

  async #slot(work: () => Promise<void>): Promise<void> {
    if (this.#active >= this.concurrency) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#active += 1;
    try {
      await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#active -= 1;
      else next();
    }
  }
}
