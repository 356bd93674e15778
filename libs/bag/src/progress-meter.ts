import type { Progress } from './bag.js';

const STEP_BYTES = 1024 * 1024;

/** Tells after each file and each MiB. */
export class ProgressMeter {
  #filesDone = 0;
  #bytesDone = 0;
  #told = 0;

  constructor(
    private readonly tell: ((progress: Progress) => void) | undefined,
    private readonly total: { files: number | null; bytes: number | null } = { files: null, bytes: null },
  ) {}

  bytes(count: number): void {
    this.#bytesDone += count;
    if (this.#bytesDone - this.#told >= STEP_BYTES) this.#say();
  }

  file(): void {
    this.#filesDone += 1;
    this.#say();
  }

  #say(): void {
    this.#told = this.#bytesDone;
    this.tell?.({ filesDone: this.#filesDone, bytesDone: this.#bytesDone, ...this.total });
  }
}
