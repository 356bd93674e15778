import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * The timers of a library that leaves some running. matrix-js-sdk bounds each request by one that it never clears
 * (`timeoutSignal` in its http-api/utils.js), 90 s for a sync: a Node process whose clients have all stopped stays for as
 * long, and Jest ends its worker by force.
 *
 * What is started within `during`, and by whatever follows from it, is known here, and ends with `clear`.
 */
export class LibraryTimers {
  readonly #started = new Set<NodeJS.Timeout>();

  during<Result>(work: () => Result): Result {
    return startedIn.run(this.#started, work);
  }

  clear(): void {
    for (const timer of this.#started) clearTimeout(timer);
    this.#started.clear();
  }
}

const startedIn = new AsyncLocalStorage<Set<NodeJS.Timeout>>();

globalThis.setTimeout = new Proxy(globalThis.setTimeout, {
  apply: (start, self, given: Parameters<typeof setTimeout>) => {
    const timer = start.apply(self, given);
    startedIn.getStore()?.add(timer);
    return timer;
  },
});
