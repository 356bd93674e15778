import { createHash } from 'node:crypto';
import type { PackageFile } from './domain/application-package.js';

/** Sha-256 as 64 hexadecimal digits. */
export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The canonical form of a package's files and its digest. */
export function archiveFiles(files: readonly PackageFile[]): { bytes: Uint8Array; digest: string } {
  const ordered = files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
  const content = (file: PackageFile): string => Buffer.from(file.content).toString('base64');
  const form = {
    format: 'freehold-package/1',
    files: ordered.map((file) => ({ path: file.path, content: content(file) })),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(form));
  return { bytes, digest: sha256(bytes) };
}
