/** Growing pauses: none the first time, then `firstMs`, doubled up to `longestMs`; forgotten after ten quiet minutes. */
export class Pauses {
  #count = 0;
  #last = -Infinity;

  constructor(
    private readonly firstMs: number,
    private readonly longestMs: number,
    private readonly quietMs = 600_000,
  ) {}

  /** How often in a row. */
  get count(): number {
    return this.#count;
  }

  next(now = performance.now()): number {
    if (now - this.#last > this.quietMs) this.#count = 0;
    this.#last = now;
    this.#count += 1;
    return this.#count === 1 ? 0 : Math.min(this.longestMs, this.firstMs * 2 ** (this.#count - 2));
  }

  reset(): void {
    this.#count = 0;
  }
}
