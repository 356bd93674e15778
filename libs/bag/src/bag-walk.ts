import type { Stats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '@freehold/kernel';
import { checkPath, pointerOf, shown } from './path-rules.js';

export type Walked =
  | { type: 'file'; path: string; sizeBytes: number }
  | { type: 'folder'; path: string }
  | { type: 'refused'; path: string; findings: Finding[] };

const HINT = 'A bag holds folders and plain files; put a copy in its place.';

/**
 * All that lies in a bag's folder, in no order; nothing is followed. Holds one entry and one open folder a level, at most 100
 * (path-rules.ts): folders under refused names are not entered.
 */
export async function* walkBag(folder: string, maxPathBytes: number, below = ''): AsyncGenerator<Walked> {
  for await (const entry of await opendir(join(folder, below), { bufferSize: 128 })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    const findings = checkPath(path, pointerOf(path), maxPathBytes);
    if (findings.length > 0) {
      yield { type: 'refused', path, findings };
      continue;
    }
    const stats = await lstat(join(folder, path));
    const refused = refuse(path, stats);
    if (refused !== null) {
      yield { type: 'refused', path, findings: [refused] };
    } else if (stats.isFile()) {
      yield { type: 'file', path, sizeBytes: stats.size };
    } else {
      yield { type: 'folder', path };
      yield* walkBag(folder, maxPathBytes, path);
    }
  }
}

function refuse(path: string, stats: Stats): Finding | null {
  const finding = (code: string, what: string): Finding => ({
    pointer: pointerOf(path),
    code,
    detail: `${shown(path)} is ${what}`,
    hint: HINT,
  });
  if (stats.isSymbolicLink()) return finding('link-in-bag', 'a symbolic link');
  if (stats.isDirectory()) return null;
  if (!stats.isFile()) return finding('special-file-in-bag', 'neither a file nor a folder');
  return stats.nlink > 1 ? finding('hard-link-in-bag', `one file under ${stats.nlink} names`) : null;
}
