import { z } from 'zod';
import type { ApplicationPackage, LoadResult } from './domain/application-package.js';
import { boundsFindings, PACKAGE_LIMITS } from './package.bounds.js';
import { archiveFiles, sha256 } from './package.form.js';
import { parsePackage } from './package.parse.js';

const Archive = z.strictObject({
  format: z.literal('freehold-package/1'),
  files: z.array(z.strictObject({ path: z.string().max(200), content: z.base64() })).max(PACKAGE_LIMITS.files),
});

/** The single-file form for an object store: JSON, files ordered by path, contents in base64. Equal packages, equal octets. */
export function archive(app: ApplicationPackage): { bytes: Uint8Array; digest: string } {
  return archiveFiles(app.files);
}

/**
 * A package from an archive of unknown origin. Checks size and digest before reading, then paths, canonical form, and
 * everything that loading checks.
 */
export function unarchive(bytes: Uint8Array, expected?: { digest: string }): LoadResult {
  if (bytes.byteLength > PACKAGE_LIMITS.archiveBytes)
    return refused('archive-too-large', `it has ${bytes.byteLength} octets`);
  const digest = sha256(bytes);
  if (expected !== undefined && expected.digest !== digest) return refused('digest-unequal', `its digest is ${digest}`);
  const parsed = Archive.safeParse(readJson(bytes));
  if (!parsed.success) return refused('archive-unreadable', 'it is not in the form freehold-package/1');
  const files = parsed.data.files.map(({ path, content }) => ({
    path,
    content: new Uint8Array(Buffer.from(content, 'base64')),
  }));
  const findings = boundsFindings(files);
  if (findings.length > 0) return { kind: 'refused', findings };
  if (archiveFiles(files).digest !== digest)
    return refused('archive-not-canonical', 'the same files have another archive');
  return parsePackage(files);
}

function refused(code: string, detail: string): LoadResult {
  const hint = 'Make the archive again from the package’s folder, and fetch it again if it was altered on its way.';
  return { kind: 'refused', findings: [{ pointer: '', code, detail, hint }] };
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
