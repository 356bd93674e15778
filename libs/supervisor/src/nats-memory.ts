import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from './error-code.js';

const LEAST_BYTES = 400 * 2 ** 20;
const SHARE_OF_STORE = 10;

/**
 * How much memory nats-server may have before it gives back what it can do without: 400 MiB, or a tenth of what its streams have
 * on disk if that is more, since it keeps each subject in memory. Without a limit it keeps every block that was read until its
 * heap has doubled: gigabytes, right after a long log was read. It is a soft one (`GOMEMLIMIT`,
 * https://pkg.go.dev/runtime#hdr-Environment_Variables): the server goes beyond it where it must.
 */
export const natsMemoryLimit = (storeFolder: string): number =>
  Math.max(LEAST_BYTES, Math.ceil(sizeOf(storeFolder) / SHARE_OF_STORE));

/** Bytes. What goes away meanwhile counts nothing. */
function sizeOf(folder: string): number {
  let bytes = 0;
  for (const name of entriesOf(folder)) bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
