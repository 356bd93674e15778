import { createHash } from 'node:crypto';
import { openRegular } from './line-reader.js';

/** Algorithms of manifests that can be checked, weakest first, and the length of their digests in hexadecimal digits. */
export const ALGORITHMS = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export const DIGEST_LENGTHS: Readonly<Record<Algorithm, number>> = {
  md5: 32,
  sha1: 40,
  sha224: 56,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};

/** Broken for collisions; a bag that has only these is readable, with a warning. */
export const isWeak = (algorithm: Algorithm): boolean => algorithm === 'md5' || algorithm === 'sha1';

export const isAlgorithm = (name: string): name is Algorithm => ALGORITHMS.some((algorithm) => algorithm === name);

const CHUNK_BYTES = 256 * 1024;

/** Digest and length of what can be read now. Holds 256 KiB. */
export async function digestFile(
  file: string,
  algorithm: Algorithm,
  options: { signal?: AbortSignal | undefined; onBytes?: (bytes: number) => void } = {},
): Promise<{ digest: string; sizeBytes: number }> {
  const hash = createHash(algorithm);
  const handle = await openRegular(file);
  try {
    const size = (await handle.stat()).size;
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size + 1));
    let sizeBytes = 0;
    for (;;) {
      options.signal?.throwIfAborted();
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      // What grows while it is read is read as far as it was long, and one chunk more: the length then differs.
      if (bytesRead === 0 || sizeBytes > size) break;
      hash.update(chunk.subarray(0, bytesRead));
      sizeBytes += bytesRead;
      options.onBytes?.(bytesRead);
    }
    return { digest: hash.digest('hex'), sizeBytes };
  } finally {
    await handle.close();
  }
}
