import { readdir, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentUsage } from '../runtime-backend.js';
import type { Cgroups } from './cgroups.js';
import type { EnvironmentRecord } from './environment-record.js';
import { processesOf } from './unit-processes.js';

const TICK_MS = 10;
const BLOCK_BYTES = 512;

/** Measured from the process table and the files' blocks; memory counts shared pages once per process. */
export async function usageOf(record: EnvironmentRecord, cgroups: Cgroups, files: string): Promise<EnvironmentUsage> {
  const processes = await processesOf({ record, cgroups });
  return {
    memoryBytes: processes.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
    cpuTimeMs: processes.reduce((sum, { cpuTicks }) => sum + cpuTicks * TICK_MS, 0),
    pids: processes.length,
    diskBytes: await diskBytesOf(files),
  };
}

/** What vanishes while we count counts nothing. */
async function diskBytesOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const place = join(folder, entry.name);
    bytes += entry.isDirectory()
      ? await diskBytesOf(place)
      : ((await lstat(place).catch(() => undefined))?.blocks ?? 0) * BLOCK_BYTES;
  }
  return bytes;
}
