import { BagFailure, checkPath, formatMtree, type MtreeEntry, parseMtree } from '@freehold/bag';
import type { Finding } from '@freehold/kernel';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** What lies in a folder: as its mtree line, or why it cannot be packed. */
export type Walked = { kind: 'entry'; entry: MtreeEntry; line: string } | { kind: 'refused'; findings: Finding[] };

const HINT = 'A part holds folders, files and links inside it; take it out, or stop what made it, then pack again.';

/** The folder itself (`.`), then everything below it in the order of names; folders under refused names are not entered. */
export async function* walkFolder(folder: string, below = ''): AsyncGenerator<Walked> {
  if (below === '') yield await lookedAt(folder, '.');
  for (const name of (await readdir(join(folder, below))).toSorted()) {
    const path = below === '' ? name : `${below}/${name}`;
    const findings = checkPath(path, pointerOf(path));
    if (findings.length > 0) {
      yield { kind: 'refused', findings };
      continue;
    }
    const walked = await lookedAt(folder, path);
    yield walked;
    if (walked.kind === 'entry' && walked.entry.type === 'dir') yield* walkFolder(folder, path);
  }
}

async function lookedAt(folder: string, path: string): Promise<Walked> {
  const place = join(folder, path);
  const stats = await lstat(place, { bigint: true });
  const type = typeOf(stats);
  if (type === null) {
    const detail = `${path} is neither a file, nor a folder, nor a link`;
    return { kind: 'refused', findings: [{ pointer: pointerOf(path), code: 'special-file', detail, hint: HINT }] };
  }
  const entry: MtreeEntry = {
    path,
    type,
    mode: Number(stats.mode & 0o7777n),
    mtimeNs: stats.mtimeNs,
    ...(stats.uid === BigInt(userInfo().uid) ? { uname: userInfo().username } : {}),
    ...(type === 'link' ? { target: await readlink(place) } : {}),
    ...(type === 'file' ? { sizeBytes: Number(stats.size) } : {}),
  };
  return lineOf(entry);
}

function typeOf(stats: BigIntStats): MtreeEntry['type'] | null {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'dir';
  return stats.isSymbolicLink() ? 'link' : null;
}

/** Read back as whoever unpacks will: what is refused there is refused here, such as a link out of the part. */
async function lineOf(entry: MtreeEntry): Promise<Walked> {
  const [, line = ''] = await Array.fromAsync(formatMtree(only(entry)));
  try {
    for await (const read of parseMtree(only(line))) void read;
    return { kind: 'entry', entry, line };
  } catch (error) {
    if (error instanceof BagFailure) return { kind: 'refused', findings: [...error.findings] };
    throw error;
  }
}

async function* only<Item>(item: Item): AsyncGenerator<Item> {
  yield await Promise.resolve(item);
}

const pointerOf = (path: string): string => `/${path.replaceAll('~', '~0')}`;
