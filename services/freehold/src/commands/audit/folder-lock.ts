import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:net';
import { CommandFailure } from '../../cli/command-failure.js';
import { EXIT } from '../../cli/exit-codes.js';

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * One process a folder: a name that the kernel gives to one at a time, and takes back when that one dies, however it does
 * (unix(7), abstract sockets).
 *
 * @throws CommandFailure when another one has it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const digest = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex');
  const server = createServer((socket) => socket.destroy());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen(`\0freehold-folder-${digest}`, resolve);
  await promise.catch(() => {
    throw new CommandFailure(
      `Another process watches with ${folder}`,
      'End that one, or name another folder: a witness must not be in two places.',
      EXIT.refused,
    );
  });
  server.unref();
  return { release: () => new Promise((done) => server.close(() => done())) };
}
