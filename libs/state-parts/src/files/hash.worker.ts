/**
 * A thread that hashes what open file descriptors have. Reads and hashes block, which is why it is a thread. It imports
 * nothing of ours, so that Node runs it from source as well.
 */
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

const buffer = Buffer.allocUnsafeSlow(1024 * 1024);

parentPort?.on('message', ({ job, fd }: { job: number; fd: number }) => {
  try {
    parentPort?.postMessage({ job, ...hash(fd) }, []);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
    parentPort?.postMessage({ job, code }, []);
  }
});

function hash(fd: number): { sha256: string; sizeBytes: number } {
  const digest = createHash('sha256');
  let sizeBytes = 0;
  for (;;) {
    const read = readSync(fd, buffer, 0, buffer.length, sizeBytes);
    if (read === 0) return { sha256: digest.digest('hex'), sizeBytes };
    digest.update(buffer.subarray(0, read));
    sizeBytes += read;
  }
}
