/** Aborts when it has lasted. One timer for a whole range: one for each commit costs a fifth of a replay. */
export class Silence implements Disposable {
  readonly #lasted = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #isBroken = false;

  constructor(ms: number) {
    this.#timer = setTimeout(() => (this.#isBroken ? this.#timer.refresh() : this.#lasted.abort()), ms);
  }

  get signal(): AbortSignal {
    return this.#lasted.signal;
  }

  /** Something has come; who reads it may take its time. */
  broken(): void {
    this.#isBroken = true;
  }

  begins(): void {
    this.#isBroken = false;
    this.#timer.refresh();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
