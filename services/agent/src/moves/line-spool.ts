import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

const GATHERED_CHARACTERS = 64 * 1024;
const READ_BYTES = 64 * 1024;

/**
 * Lines in a file, which one writes while another reads on behind: neither waits for the other to be through with all of
 * it, and however many there are, only some are in memory.
 */
export class LineSpool {
  #gathered = '';
  #flushing: Promise<void> = Promise.resolve();
  #writtenBytes = 0;
  #end: { readonly failure?: { readonly error: unknown } } | undefined;
  #news: PromiseWithResolvers<void> | undefined;

  private constructor(private readonly file: FileHandle) {}

  /** Made anew, with its folder. */
  static async create(path: string): Promise<LineSpool> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return new LineSpool(await open(path, 'w+', 0o600));
  }

  /** @param line with its end */
  async write(line: string): Promise<void> {
    this.#gathered += line;
    this.#tell();
    if (this.#gathered.length > GATHERED_CHARACTERS) await this.#flush();
  }

  /** Does `work`, which writes all that there is to write; who reads learns how it ended. */
  async filledBy<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await work();
      this.#end = {};
      return result;
    } catch (error) {
      this.#end = { failure: { error } };
      throw error;
    } finally {
      this.#tell();
    }
  }

  /** From the first byte on, to the end or to the failure of who writes. */
  async *read(): AsyncGenerator<Uint8Array> {
    for (let at = 0; ;) {
      const end = this.#end;
      await this.#flush();
      if (at < this.#writtenBytes) {
        const { bytesRead, buffer } = await this.file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, at);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      } else if (end?.failure !== undefined) throw end.failure.error;
      else if (end !== undefined) return;
      else await this.#hasNews();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#flushing.catch(() => undefined); // who wrote has been told
    await this.file.close();
  }

  /** At once where something was written, or it ended, since it was looked. */
  #hasNews(): Promise<void> {
    if (this.#gathered !== '' || this.#end !== undefined) return Promise.resolve();
    this.#news ??= Promise.withResolvers();
    return this.#news.promise;
  }

  #tell(): void {
    this.#news?.resolve();
    this.#news = undefined;
  }

  /** One after the other, for all who ask. */
  #flush(): Promise<void> {
    if (this.#gathered === '') return this.#flushing;
    this.#flushing = this.#flushing.then(async () => {
      const text = this.#gathered;
      this.#gathered = '';
      await this.file.appendFile(text);
      this.#writtenBytes += Buffer.byteLength(text);
    });
    return this.#flushing;
  }
}
