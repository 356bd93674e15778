import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a file so that a crash leaves all of it or nothing, or `<name>.new`, which the next writing replaces. One writer. */
export async function writeWhole(place: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(place), { recursive: true });
  await writeSynced(`${place}.new`, bytes);
  await rename(`${place}.new`, place);
  await using folder = await open(dirname(place), 'r');
  await folder.sync();
}

async function writeSynced(place: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(place, 'w');
  await file.writeFile(bytes);
  await file.datasync();
}
