import { logOrigin, publicNoteKeys, readNoteKeys, withNextNoteKey, witnessName } from '@freehold/evidence';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Cell } from './cell.js';
import { providerFiles } from './cell-services.js';

/**
 * Other keys of a cell's log and witness, as `freehold log-key rotate` and `witness-key rotate` make them, which sign from
 * now on; the old ones sign along for so long.
 */
export async function changeEvidenceKeys({ ground, url }: Cell, overlapMs: number): Promise<void> {
  const files = providerFiles(ground.folder);
  const [from, until] = [new Date(), new Date(Date.now() + overlapMs)];
  const log = { name: logOrigin(url), type: 'ed25519', from, until } as const;
  const witness = { name: witnessName(url), type: 'cosignature', from, until } as const;
  for (const [file, publicFile, next] of [
    [files.logKey, files.logPublicKey, log],
    [files.witnessKey, files.witnessPublicKey, witness],
  ] as const) {
    const text = withNextNoteKey(file, await readFile(file, 'utf8'), next);
    await replace(file, text);
    await replace(publicFile, publicNoteKeys(readNoteKeys(file, text), Date.now()));
  }
}

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
