import type { Finding } from '@freehold/kernel';
import { pointer, type PackageFile } from './domain/application-package.js';
import { isInnerPath } from './domain/names.schema.js';

/** Bounds of a package, as a folder and as an archive. */
export const PACKAGE_LIMITS = {
  files: 200,
  fileBytes: 2 * 1024 * 1024,
  bytes: 8 * 1024 * 1024,
  archiveBytes: 12 * 1024 * 1024,
};

/** Findings on paths and sizes: the same rules for a folder and an archive. */
export function boundsFindings(files: readonly PackageFile[]): Finding[] {
  const seen = new Set<string>();
  const each = files.flatMap(({ path, content }): Finding[] => {
    const folded = path.toLowerCase();
    const twice = seen.has(folded);
    seen.add(folded);
    const at = pointer(path);
    if (!isInnerPath(path)) return [bound(at, 'path-unsafe', 'the path leaves the folder or has unusual characters')];
    if (twice) return [bound(at, 'path-twice', 'two files have this path, or one that differs in case only')];
    const large = content.byteLength > PACKAGE_LIMITS.fileBytes;
    return large ? [bound(at, 'file-too-large', `it has more than ${PACKAGE_LIMITS.fileBytes} octets`)] : [];
  });
  const total = files.reduce((sum, file) => sum + file.content.byteLength, 0);
  if (total > PACKAGE_LIMITS.bytes)
    each.push(bound('', 'package-too-large', `it has more than ${PACKAGE_LIMITS.bytes} octets`));
  if (files.length > PACKAGE_LIMITS.files)
    each.push(bound('', 'package-too-large', `it has more than ${PACKAGE_LIMITS.files} files`));
  return each;
}

function bound(at: string, code: string, detail: string): Finding {
  return { pointer: at, code, detail, hint: 'A package holds few, small files with plain names.' };
}
