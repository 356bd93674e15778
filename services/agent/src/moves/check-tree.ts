import { parseMtree } from '@freehold/bag';
import type { Listed } from '@freehold/state-parts';
import { open } from 'node:fs/promises';

/** Reads the side file of a part to its end. @throws BagFailure for paths and links that lead elsewhere */
export async function checkTree(file: string): Promise<void> {
  await using handle = await open(file);
  const entries = parseMtree(handle.readLines({ autoClose: false }));
  while ((await entries.next()).done !== true);
}

/** The entries of a side file that we wrote ourselves, files with their size and digest. @throws BagFailure */
export async function* readTree(file: string): AsyncGenerator<Listed> {
  await using handle = await open(file);
  for await (const { path, mtimeNs, mode, ...entry } of parseMtree(handle.readLines({ autoClose: false }))) {
    if (entry.type === 'dir') yield { type: 'dir', path, mode, mtimeNs };
    else if (entry.type === 'link') yield { type: 'link', path, target: entry.target ?? '', mtimeNs };
    else yield { type: 'file', path, mode, mtimeNs, sizeBytes: entry.sizeBytes ?? 0, sha256: entry.sha256 ?? '' };
  }
}
