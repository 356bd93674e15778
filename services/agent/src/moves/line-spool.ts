import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

const GATHERED_BYTES = 64 * 1024;
const READ_BYTES = 64 * 1024;

/**
 * Lines in a file, which one writes while another reads on behind: neither waits for the other to be through with all of
 * it, and however many there are, only some are in memory. Who has read all that is in the file reads on from memory.
 */
export class LineSpool {
  /** What follows the file's end. */
  #gathered = Buffer.allocUnsafe(0);
  #gatheredBytes = 0;
  #writtenBytes = 0;
  #end: { readonly failure?: { readonly error: unknown } } | undefined;
  #news: PromiseWithResolvers<void> | undefined;

  private constructor(private readonly file: FileHandle) {}

  /** Made anew, with its folder. */
  static async create(path: string): Promise<LineSpool> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return new LineSpool(await open(path, 'w+', 0o600));
  }

  /** One line after the other. @param line with its end */
  async write(line: string): Promise<void> {
    const bytes = Buffer.from(line);
    if (this.#gatheredBytes + bytes.length > this.#gathered.length) await this.#makeRoomFor(bytes.length);
    this.#gatheredBytes += bytes.copy(this.#gathered, this.#gatheredBytes);
    this.#tell();
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
      if (at < this.#writtenBytes) {
        const { bytesRead, buffer } = await this.file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, at);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      } else if (at < this.#writtenBytes + this.#gatheredBytes) {
        const copy = Buffer.from(this.#gathered.subarray(at - this.#writtenBytes, this.#gatheredBytes));
        at += copy.length;
        yield copy;
      } else if (end?.failure !== undefined) throw end.failure.error;
      else if (end !== undefined) return;
      else await this.#hasNews();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close();
  }

  #hasNews(): Promise<void> {
    this.#news ??= Promise.withResolvers();
    return this.#news.promise;
  }

  #tell(): void {
    this.#news?.resolve();
    this.#news = undefined;
  }

  async #makeRoomFor(bytes: number): Promise<void> {
    const gathered = this.#gathered.subarray(0, this.#gatheredBytes);
    await this.file.appendFile(gathered);
    this.#writtenBytes += gathered.length;
    this.#gatheredBytes = 0;
    if (bytes > this.#gathered.length) this.#gathered = Buffer.allocUnsafe(Math.max(bytes, GATHERED_BYTES));
  }
}
