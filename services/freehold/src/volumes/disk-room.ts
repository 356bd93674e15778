import { statfsSync } from 'node:fs';

const LARGEST_VOLUME_BYTES = 32 * 2 ** 30;

/** Of the disk on which an installation lies. In bytes. */
export function diskRoom(home: string): { total: number; free: number } {
  const { blocks, bavail, bsize } = statfsSync(home);
  return { total: blocks * bsize, free: bavail * bsize };
}

/** What the log's next volume may hold: 32 GiB, or half of the free disk if that is less. */
export const volumeSize = (home: string): number => Math.min(LARGEST_VOLUME_BYTES, Math.floor(diskRoom(home).free / 2));
