import type { Listed, Site, StatePart } from '@freehold/state-parts';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder, writeDurably } from '../journal/durable-file.js';
import { GivenUp } from '../reconciler/failures.js';
import { exportReadme, type ReadmeFacts } from './export-readme.js';
import { needRoom } from './disk-room.js';
import { openInside } from './open-inside.js';

/** `data/README.txt`: how a person opens the bag without Freehold. */
export const writeReadme = (bag: string, facts: ReadmeFacts): Promise<void> =>
  writeDurably(join(bag, 'data', 'README.txt'), exportReadme(facts));

/** @throws GivenUp `disk-full` before anything is copied that would not fit */
export async function needRoomFor(bag: string, parts: readonly AsyncIterable<Listed>[]): Promise<void> {
  let bytes = 0;
  for (const entries of parts) for await (const entry of entries) if (entry.type === 'file') bytes += entry.sizeBytes;
  await needRoom(bag, bytes);
}

interface Copying {
  readonly site: Site;
  readonly bag: string;
  readonly signal: AbortSignal;
}

/**
 * The same entries, each file of them copied into the bag first and read again there: what the manifest will say is what
 * lies in the bag. Where the disk can (Btrfs, XFS), a copy shares its blocks with the original.
 *
 * @throws GivenUp `file-changed` when a file is not the one that was listed
 */
export async function* copyIntoBag(
  { site, bag, signal }: Copying,
  part: StatePart,
  entries: AsyncIterable<Listed>,
): AsyncGenerator<Listed> {
  const into = join(bag, 'data', 'parts', part.name);
  await mkdir(into, { recursive: true, mode: 0o700 });
  const folders = new Set([into]);
  for await (const entry of entries) {
    signal.throwIfAborted();
    if (entry.type === 'file') {
      const target = join(into, entry.path);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      folders.add(dirname(target));
      const names = [...part.path.split('/').filter((name) => name !== ''), ...entry.path.split('/')];
      const copied = (await copyInside(site.folder, names, target)) && (await digestOf(target)) === entry.sha256;
      if (!copied) throw new GivenUp([fileChanged(part.name, entry.path)]);
    }
    yield entry;
  }
  for (const folder of folders) await syncFolder(folder);
}

/** False: it is not there any more. No link is followed on the way. */
async function copyInside(folder: string, names: readonly string[], target: string): Promise<boolean> {
  const file = openInside(folder, names);
  if (file === null) return false;
  using from = file;
  await copyFile(`/proc/self/fd/${from.fd}`, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  await chmod(target, 0o600);
  return true;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await using file = await open(path);
  for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk as Buffer);
  await file.sync();
  return hash.digest('hex');
}

const fileChanged = (part: string, path: string) => ({
  pointer: `/parts/${part}/${path}`.slice(0, 500),
  code: 'file-changed',
  detail: 'It changed while it was copied, though the application had been stopped.',
  hint: 'Staff: see what else writes into the environment’s folder; then let it be tried again.',
});
