import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readdir, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoOf } from './bag-failure.js';

const BUFFERED_CHARACTERS = 64 * 1024;

/** So that names made, renamed or removed in a folder outlive a crash. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** All folders below and the folder itself. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await syncTree(join(folder, entry.name));
  await syncFolder(folder);
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** A text file that gets its name when it is whole. */
export class DurableText {
  readonly #hash = createHash('sha256');
  #buffered = '';

  private constructor(
    readonly file: string,
    private readonly handle: FileHandle,
  ) {}

  static async create(file: string): Promise<DurableText> {
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
    return new DurableText(file, await open(`${file}.new`, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600));
  }

  /** Something to wait for only once in a while. */
  write(text: string): Promise<void> | undefined {
    this.#buffered += text;
    return this.#buffered.length >= BUFFERED_CHARACTERS ? this.#flush() : undefined;
  }

  /** @returns its SHA-256. */
  async keep(): Promise<string> {
    await this.#flush();
    await this.handle.sync();
    await this.handle.close();
    await rename(`${this.file}.new`, this.file);
    await syncFolder(dirname(this.file));
    return this.#hash.digest('hex');
  }

  /** Harmless after {@link keep}. */
  async discard(): Promise<void> {
    await this.handle.close();
    await rm(`${this.file}.new`, { force: true });
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#buffered);
    this.#buffered = '';
    this.#hash.update(bytes);
    await this.handle.writeFile(bytes);
  }
}
