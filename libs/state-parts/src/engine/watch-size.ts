import type { FileHandle } from 'node:fs/promises';
import type { WorkOptions } from '../state-part.js';

const EVERY_MS = 1_000;

/** Tells how long a file has become that a program writes, while it is held; tells nothing while it does not grow. */
export function watchSize(file: FileHandle, onProgress: WorkOptions['onProgress']): AsyncDisposable {
  let told = 0;
  const look = async () => {
    const { size } = await file.stat();
    if (size > told) onProgress?.({ files: 0, bytes: size });
    told = size;
  };
  const timer = setInterval(() => void look().catch(() => undefined), EVERY_MS);
  return {
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await look().catch(() => undefined);
    },
  };
}
