import type { Amounts } from '@freehold/provisioning-contract';
import { statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/**
 * What this host has for applications, measured: 80 % of its memory (whole MiB), its processors, and 90 % of what is free
 * on the disk of `folder` or used by its environments already (whole GiB). Rounded, so that a restart seldom changes it.
 */
export async function measureCapacity(folder: string, environmentsBytes: number): Promise<Amounts> {
  const { bavail, bsize } = await statfs(folder);
  return {
    memoryBytes: Math.floor((totalmem() * 0.8) / MIB) * MIB,
    cpuMillis: availableParallelism() * 1000,
    diskBytes: Math.floor(((bavail * bsize + environmentsBytes) * 0.9) / GIB) * GIB,
  };
}
