import { execFile } from 'node:child_process';
import { UNIT_PATH } from './process-backend.options.js';

/** Whether some process holds the lock on this file, flock(1). */
export async function isLocked(lock: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    execFile('flock', ['-n', '-E', '75', lock, 'true'], { env: { PATH: UNIT_PATH } }, (error) => {
      if (error === null) resolve(false);
      else if (error.code === 75) resolve(true);
      else reject(error);
    });
  });
}
