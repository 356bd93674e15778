import { statfsSync } from 'node:fs';

// After a crash NATS reads all of the volume that was open, some ten seconds a GiB; and there are at most 64 volumes. So a
// long log has larger ones: what has to be read is at most a fifth of it then.
const FIRST_VOLUME_BYTES = 2 ** 30;
const LARGEST_VOLUME_BYTES = 32 * 2 ** 30;
const VOLUMES_OF_A_SIZE = 8;

/** Of the disk on which an installation lies. In bytes. */
export function diskRoom(home: string): { total: number; free: number } {
  const { blocks, bavail, bsize } = statfsSync(home);
  return { total: blocks * bsize, free: bavail * bsize };
}

/** What the log's volume of this number may hold: 1 GiB, twice as much after every eight, 32 GiB at most; half of the free disk if that is less. */
export const volumeSize = (home: string, volume: number): number => sizeOf(volume, diskRoom(home).free);

export const sizeOf = (volume: number, freeBytes: number): number =>
  Math.min(
    FIRST_VOLUME_BYTES * 2 ** Math.floor((volume - 1) / VOLUMES_OF_A_SIZE),
    LARGEST_VOLUME_BYTES,
    Math.floor(freeBytes / 2),
  );
