import type { Position } from '@freehold/kernel';
import { log } from '../logging/logging.js';
import type { Bookmark, Bookmarks } from './bookmarks.js';
import { earlier } from './progress.js';

export interface BookmarkWriterOptions {
  follower: string;
  bookmarks: Bookmarks;
  reached: () => Position | null;
  limit: () => Promise<Position | null>;
  writeEvery: number;
  writeAfterMs: number;
}

/** Writes a follower's bookmark lazily: every so many commits, or a while after the first, and at the end. */
export class BookmarkWriter {
  #written: Bookmark = { position: null, revision: 0 };
  #moves = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly options: BookmarkWriterOptions) {}

  async read(): Promise<Bookmark> {
    this.#written = await this.options.bookmarks.read(this.options.follower);
    return this.#written;
  }

  moved(): void {
    this.#moves += 1;
    if (this.#moves >= this.options.writeEvery) return void this.#write();
    this.#timer ??= setTimeout(() => void this.#write(), this.options.writeAfterMs).unref();
  }

  async close(): Promise<void> {
    await this.#write();
    clearTimeout(this.#timer);
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#moves = 0;
    this.#writing = this.#writing.then(() => this.#writeNow());
    return this.#writing;
  }

  async #writeNow(): Promise<void> {
    const { follower, bookmarks, reached, limit } = this.options;
    try {
      const position = reached();
      if (position === null) return;
      const safe = earlier(position, await limit());
      if (safe === this.#written.position) return;
      const revision = await bookmarks.write(follower, safe, this.#written.revision);
      if (revision !== null) {
        this.#written = { position: safe, revision };
        return;
      }
      log().warn({ follower }, 'another replica moved the bookmark; repeats do no harm');
      this.#written = await bookmarks.read(follower);
    } catch (error) {
      log().warn({ err: error, follower }, 'the bookmark could not be written; it is tried with the next commit');
    }
  }
}
