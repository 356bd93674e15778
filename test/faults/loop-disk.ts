import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const SIZE_BYTES = 8 * 2 ** 30;
const BLOCK_BYTES = 4_096;

/**
 * A disk of its own for one folder, which can be filled: a sparse file with ext4 in it (mke2fs(8), losetup(8)). Only root
 * can have one. The mount ends with `[Symbol.dispose]`, or with this Node process.
 */
export class LoopDisk implements Disposable {
  readonly #ballast: string;

  private constructor(private readonly folder: string) {
    this.#ballast = join(folder, 'ballast');
    // Before the folder's own handler, which removes what is not mounted only.
    process.prependOnceListener('exit', this.#unmount);
  }

  static mount(folder: string, image: string): LoopDisk {
    writeFileSync(image, '');
    truncateSync(image, SIZE_BYTES);
    execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', image]);
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-o', 'loop', image, folder]);
    return new LoopDisk(folder);
  }

  /** Not a byte is left, for root neither. */
  fill(): void {
    writeFileSync(this.#ballast, '');
    const { bavail, bsize } = statfsSync(this.folder);
    execFileSync('fallocate', ['-l', String(Math.max(bsize, (bavail - 64) * bsize)), this.#ballast]);
    const file = openSync(this.#ballast, 'a');
    try {
      for (;;) writeSync(file, Buffer.alloc(BLOCK_BYTES));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true });
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#unmount);
    this.#unmount();
  }

  /** Lazily: what still runs there keeps it until it ends. */
  readonly #unmount = (): void => {
    execFileSync('umount', ['--lazy', this.folder]);
  };
}
