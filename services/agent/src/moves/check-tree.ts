import { parseMtree } from '@freehold/bag';
import { open } from 'node:fs/promises';

/** Reads the side file of a part to its end. @throws BagFailure for paths and links that lead elsewhere */
export async function checkTree(file: string): Promise<void> {
  await using handle = await open(file);
  const entries = parseMtree(handle.readLines({ autoClose: false }));
  while ((await entries.next()).done !== true);
}
