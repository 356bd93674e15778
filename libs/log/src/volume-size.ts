// After a crash NATS reads all of the volume that was open, some five to ten seconds a GiB; whoever reads an old part of it holds up
// those who append; and there are at most 64 volumes. So a long log has larger ones: the open one is at most an eighth of it then.
const FIRST_BYTES = 2 ** 28;
const LARGEST_BYTES = 32 * 2 ** 30;
const VOLUMES_OF_A_SIZE = 8;

/**
 * What the log's volume of this number may hold, in bytes: 256 MiB, twice as much after every eight, 32 GiB at most; half of the
 * free disk if that is less.
 */
export const volumeSizeOf = (volume: number, freeBytes = Infinity): number =>
  Math.min(FIRST_BYTES * 2 ** Math.floor((volume - 1) / VOLUMES_OF_A_SIZE), LARGEST_BYTES, Math.floor(freeBytes / 2));
