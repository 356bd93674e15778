import { log } from '../logging/logging.js';

export interface RegularLookOptions {
  readonly everyMs: number;
  /** Said when a look fails; the next one tries again. */
  readonly failed: string;
}

/** Looks again and again between start and stop. One look at a time: a slow one takes the place of those after it. */
export class RegularLook {
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(
    private readonly look: () => Promise<void>,
    private readonly options: RegularLookOptions,
  ) {}

  /** The first look is one interval from now. */
  start(): void {
    this.#timer = setInterval(() => this.#maybeLook(), this.options.everyMs).unref();
  }

  /** Looks at once; resolves with its end, or with that of the look that is under way. */
  now(): Promise<void> {
    this.#maybeLook();
    return this.#looking ?? Promise.resolve();
  }

  /** Ends after the look that is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  #maybeLook(): void {
    this.#looking ??= this.look()
      .catch((error: unknown) => log().debug({ err: error }, this.options.failed))
      .finally(() => (this.#looking = undefined));
  }
}
