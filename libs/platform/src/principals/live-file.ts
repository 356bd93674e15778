import { readFileSync, statSync } from 'node:fs';
import { log } from '../logging/logging.js';

/** So old may be what is known of the file. Whoever changes keys waits longer than this. */
export const LOOK_EVERY_MS = 1_000;

/**
 * What a file says that is replaced while this process runs (written beside, renamed). It is looked at when somebody asks,
 * at most once a second. One that is away or unreadable for a moment changes nothing, and is said in the log.
 */
export class LiveFile<Content> {
  #content: Content;
  #stamp: string;
  #lookedAt = performance.now();

  /** @throws when it cannot be read now */
  constructor(
    readonly path: string,
    private readonly parse: (text: string) => Content,
  ) {
    this.#stamp = stampOf(path);
    this.#content = parse(readFileSync(path, 'utf8'));
  }

  get content(): Content {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return this.#content;
    this.#lookedAt = now;
    this.#look();
    return this.#content;
  }

  #look(): void {
    try {
      const stamp = stampOf(this.path);
      if (stamp === this.#stamp) return;
      this.#content = this.parse(readFileSync(this.path, 'utf8'));
      this.#stamp = stamp;
    } catch (error) {
      log().error({ err: error, file: this.path }, 'a file cannot be read any more; what it said before still counts');
    }
  }
}

function stampOf(path: string): string {
  const { ino, size, mtimeNs } = statSync(path, { bigint: true });
  return `${ino} ${size} ${mtimeNs}`;
}
