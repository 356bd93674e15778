import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Everything on the file system of this path is on its disk afterwards: sync(1), for Node has no syncfs(2). */
export async function syncFileSystem(path: string): Promise<void> {
  await run('sync', ['-f', path]);
}
