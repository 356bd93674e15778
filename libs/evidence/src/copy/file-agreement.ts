import type { Finding } from '@freehold/kernel';
import { wrongFile } from './copy-findings.js';
import type { CopyFiles } from './copy-files.js';

/**
 * A place of a copy may have several files: a partial tile or bundle of each size at which it was copied. Each begins as the
 * next wider one does, so whoever changes one that is not needed any more is found too.
 */
export async function disagreeingFiles(files: CopyFiles): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for await (const folder of partialFolders(files, 'tile')) {
    const partial = (await files.list(folder))
      .filter((path) => widthOf(path) > 0)
      .toSorted((a, b) => widthOf(a) - widthOf(b));
    const place = [...partial, folder.slice(0, -'.p'.length)];
    for (const [at, path] of partial.entries()) {
      const wider = await firstOf(files, place.slice(at + 1));
      const bytes = await files.get(path);
      if (bytes === null || wider === null) continue;
      const isBeginning =
        bytes.byteLength < wider.byteLength && Buffer.compare(bytes, wider.subarray(0, bytes.byteLength)) === 0;
      if (!isBeginning) findings.push(wrongFile(path, 'is not the beginning of the wider file beside it'));
    }
  }
  return findings;
}

async function* partialFolders(files: CopyFiles, folder: string): AsyncGenerator<string> {
  for (const path of await files.list(folder)) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name.endsWith('.p')) yield path;
    else if (folder === 'tile' || name.startsWith('x')) yield* partialFolders(files, path);
  }
}

async function firstOf(files: CopyFiles, paths: readonly string[]): Promise<Uint8Array | null> {
  for (const path of paths) {
    const bytes = await files.get(path);
    if (bytes !== null) return bytes;
  }
  return null;
}

const widthOf = (path: string): number => Number(path.slice(path.lastIndexOf('/') + 1));
