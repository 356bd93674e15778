import { statfs } from 'node:fs/promises';
import { diskFull } from './move-failures.js';

/** Kept free, so that the rest of the host goes on. */
const DISK_MARGIN_BYTES = 64 * 1024 ** 2;

/** @throws GivenUp `disk-full` before anything is written that would not fit */
export async function needRoom(folder: string, bytes: number): Promise<void> {
  (await DiskRoom.at(folder)).needs(bytes);
}

/**
 * Room for what is to be fetched, asked for file by file while others are being fetched: never is more asked for than was
 * free, so that it is said before the disk is full. Where it no longer suffices, the disk is looked at again: something
 * may have been removed meanwhile.
 */
export class DiskRoom {
  /** Asked for, and not written yet. */
  #waitingBytes = 0;
  /** Free at the last look, less what was written since. */
  #freeBytes = 0;

  private constructor(private readonly folder: string) {}

  static async at(folder: string): Promise<DiskRoom> {
    const room = new DiskRoom(folder);
    await room.#look();
    return room;
  }

  /** @throws GivenUp `disk-full` */
  async take(bytes: number): Promise<void> {
    if (!this.#fits(bytes)) await this.#look();
    this.needs(bytes);
    this.#waitingBytes += bytes;
  }

  /** Of what was taken, so much is on the disk; negative: it is not there after all. */
  written(bytes: number): void {
    this.#waitingBytes -= bytes;
    this.#freeBytes -= bytes;
  }

  /** @throws GivenUp `disk-full` */
  needs(bytes: number): void {
    if (this.#fits(bytes)) return;
    const needed = this.#waitingBytes + bytes;
    throw diskFull(`${needed} bytes are to be fetched, and ${this.#freeBytes} are free on the disk of this host.`);
  }

  #fits(bytes: number): boolean {
    return this.#waitingBytes + bytes + DISK_MARGIN_BYTES <= this.#freeBytes;
  }

  async #look(): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    this.#freeBytes = bavail * bsize;
  }
}
