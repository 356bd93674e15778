import { FolderTakenError, takeLock } from '@freehold/supervisor';
import { join } from 'node:path';
import { CommandFailure } from '../cli/command-failure.js';

/** Keys that services and the provider sign with are changed by one at a time: a command, or what `up` looks after. */
const lockFile = (home: string): string => join(home, 'keys', 'keys.rotation');

/** For a command that somebody typed. @throws CommandFailure when another one is under way */
export async function underKeysLock<Result>(home: string, work: () => Promise<Result>): Promise<Result> {
  const lock = lockIfFree(home);
  if (lock instanceof FolderTakenError) {
    throw new CommandFailure(`Process ${lock.holder.pid} changes keys at this moment`, 'Wait for its end.');
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** Nothing is done when somebody else has it: then that one sees to it. */
export async function underKeysLockIfFree(home: string, work: () => void | Promise<void>): Promise<void> {
  const lock = lockIfFree(home);
  if (lock instanceof FolderTakenError) return;
  try {
    await work();
  } finally {
    lock.release();
  }
}

function lockIfFree(home: string) {
  try {
    return takeLock(lockFile(home));
  } catch (error) {
    if (error instanceof FolderTakenError) return error;
    throw error;
  }
}
