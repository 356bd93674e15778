import { startLogging } from '@freehold/platform';
import { createWriteStream, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROTATE_ABOVE_BYTES = 16 * 2 ** 20;

export const logFile = (home: string): string => join(home, 'log', 'freehold.log');

/** From now on the services' log lines go to `<home>/log/freehold.log`; the terminal is for people. One older file is kept. */
export function logToFile(home: string): void {
  const path = logFile(home);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > ROTATE_ABOVE_BYTES) renameSync(path, `${path}.1`);
  startLogging({ destination: createWriteStream(path, { flags: 'a', mode: 0o600 }) });
}
