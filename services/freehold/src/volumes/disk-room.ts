import { volumeSizeOf } from '@freehold/log';
import { statfsSync } from 'node:fs';

/** Of the disk on which an installation lies. In bytes. */
export function diskRoom(home: string): { total: number; free: number } {
  const { blocks, bavail, bsize } = statfsSync(home);
  return { total: blocks * bsize, free: bavail * bsize };
}

/** What the log's volume of this number may hold here. In bytes. */
export const volumeSize = (home: string, volume: number): number => volumeSizeOf(volume, diskRoom(home).free);
