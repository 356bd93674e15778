import type { Terminal } from '../output/terminal.js';
import { EXIT } from '../cli/exit-codes.js';

/** One Ctrl-C may arrive twice: from the terminal and from whoever started us. */
const SAME_WITHIN_MS = 300;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ctrl-C and its like: the first asks for an orderly stop, the second ends everything at once. */
export class StopRequest {
  readonly #controller = new AbortController();
  readonly #asked = Promise.withResolvers<void>();
  #serverPids: () => number[] = () => [];
  #askedAt = 0;

  constructor(private readonly terminal: Pick<Terminal, 'err'>) {
    for (const signal of SIGNALS) process.on(signal, this.#take);
  }

  /** Aborted by the first. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Resolves with the first. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** Which servers a stop by force ends. */
  onForce(serverPids: () => number[]): void {
    this.#serverPids = serverPids;
  }

  dispose(): void {
    for (const signal of SIGNALS) process.off(signal, this.#take);
  }

  readonly #take = (): void => {
    const now = performance.now();
    if (this.signal.aborted) return now - this.#askedAt > SAME_WITHIN_MS ? this.#force() : undefined;
    this.#askedAt = now;
    this.#controller.abort(new Error('a stop was asked for'));
    this.#asked.resolve();
  };

  #force(): never {
    this.terminal.err('Stopped by force; applications may still run. The next `freehold up` finds them again.');
    for (const pid of this.#serverPids()) endNow(pid);
    process.exit(EXIT.unexpected);
  }
}

/** SIGQUIT: NATS and PostgreSQL end at once and recover at their next start. */
function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGQUIT');
  } catch {
    // It is gone already.
  }
}
