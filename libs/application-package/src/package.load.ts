import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Finding } from '@freehold/kernel';
import { pointer, type LoadResult, type PackageFile } from './domain/application-package.js';
import { boundsFindings, PACKAGE_LIMITS } from './package.bounds.js';
import { parsePackage } from './package.parse.js';

/**
 * Loads a package from a folder. Names that begin with a dot are passed over; links and special files are refused.
 *
 * @throws the operating system's error when the folder cannot be read
 */
export async function loadPackage(folder: string): Promise<LoadResult> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const visible = entries
    .map((entry) => ({ entry, path: relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/') }))
    .filter(({ entry, path }) => !entry.isDirectory() && !path.split('/').some((part) => part.startsWith('.')));
  if (visible.length > PACKAGE_LIMITS.files)
    return { kind: 'refused', findings: [finding('', 'package-too-large', visible.length)] };
  const special = visible
    .filter(({ entry }) => !entry.isFile())
    .map(({ path }) => finding(pointer(path), 'file-special', path));
  const files = await Promise.all(visible.filter(({ entry }) => entry.isFile()).map((found) => read(found)));
  const findings = [...special, ...boundsFindings(files)];
  return findings.length > 0 ? { kind: 'refused', findings } : parsePackage(files);
}

async function read({ entry, path }: { entry: Dirent; path: string }): Promise<PackageFile> {
  const place = join(entry.parentPath, entry.name);
  const { size } = await lstat(place);
  const content =
    size > PACKAGE_LIMITS.fileBytes ? new Uint8Array(PACKAGE_LIMITS.fileBytes + 1) : await readFile(place);
  return { path, content: new Uint8Array(content) };
}

function finding(at: string, code: string, what: string | number): Finding {
  const hint = 'A package holds few, small, ordinary files; put nothing else into its folder.';
  const detail = code === 'file-special' ? `${what} is a link or a special file` : `there are ${what} files`;
  return { pointer: at, code, detail, hint };
}
