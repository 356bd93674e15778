import type { FileHandle } from 'node:fs/promises';

const GATHERED_BYTES = 512 * 1024;

/** Gathers what comes in small pieces into larger writes, and goes on receiving while the last one is under way. */
export class GatheringWriter {
  #gathered: Uint8Array[] = [];
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly file: FileHandle,
    private at: number,
  ) {}

  /** The chunk is the writer's from now on. */
  async add(chunk: Uint8Array): Promise<void> {
    this.#gathered.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= GATHERED_BYTES) await this.#flush();
  }

  /** Everything that was added is in the file. */
  async end(): Promise<void> {
    await this.#flush();
    await this.#writing;
  }

  async #flush(): Promise<void> {
    await this.#writing;
    const [chunks, position] = [this.#gathered, this.at];
    this.at += this.#bytes;
    [this.#gathered, this.#bytes] = [[], 0];
    this.#writing = writeAll(this.file, chunks, position).then(() => chunks.forEach(release));
    this.#writing.catch(() => undefined); // it is reported when it is waited for
  }
}

/**
 * Gives memory back at once that a chunk has for itself alone. Left to the garbage collector, what a connection reads
 * (64 KiB a piece) makes it go through the whole heap every 16 MB. (ECMAScript: ArrayBuffer.prototype.transfer)
 */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0);
}

async function writeAll(file: FileHandle, chunks: readonly Uint8Array[], position: number): Promise<void> {
  const total = chunks.reduce((sum, { length }) => sum + length, 0);
  if (total === 0) return;
  const { bytesWritten } = await file.writev(chunks, position);
  if (bytesWritten === total) return;
  // The kernel took a part of it; what it did not take comes once more.
  const rest = Buffer.concat(chunks).subarray(bytesWritten);
  await writeAll(file, [rest], position + bytesWritten);
}
