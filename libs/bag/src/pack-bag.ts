import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BagFile, BagSummary, Progress } from './bag.js';
import { BagFailure, FindingList, errnoOf } from './bag-failure.js';
import { isThere, syncFolder, syncTree } from './durable-files.js';
import { pointerOf, shown } from './path-rules.js';
import { ProgressMeter } from './progress-meter.js';
import { checkPayloadPath, writeTagFiles } from './tag-files.js';

/** A file to pack: `data/…`; with `sizeBytes`, its content has to be that long. */
export interface PackedFile {
  path: string;
  content: AsyncIterable<Uint8Array>;
  sizeBytes?: number;
}

export interface PackOptions {
  payload: AsyncIterable<PackedFile>;
  info: Readonly<Record<string, string>>;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

/**
 * Packs a whole bag: content goes to the disk as it comes, then the tag files, then the folder gets its name. One packer a folder;
 * what a crash left in `<folder>.packing` is removed by the next one.
 *
 * @throws {BagFailure} `folder-occupied`, or findings for all paths and sizes; or the signal's reason. No folder is there then.
 */
export async function packBag(folder: string, options: PackOptions): Promise<BagSummary> {
  return buildBeside(folder, '.packing', async (staging) => {
    await mkdir(join(staging, 'data'), { mode: 0o700 });
    const summary = await writeTagFiles(staging, { payload: store(staging, options), info: options.info });
    await syncTree(staging);
    return summary;
  });
}

/** Makes a folder under another name beside it, renames it when `build` is done, removes it when that fails. */
export async function buildBeside<T>(
  folder: string,
  suffix: string,
  build: (staging: string) => Promise<T>,
): Promise<T> {
  const staging = `${folder}${suffix}`;
  // An empty folder may be there: of a mount, or made by whoever asks.
  await rmdir(folder).catch(() => undefined);
  if (await isThere(folder)) throw occupied(folder);
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true, mode: 0o700 });
  try {
    const result = await build(staging);
    await rename(staging, folder);
    await syncFolder(dirname(folder));
    return result;
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
}

function occupied(folder: string): BagFailure {
  const finding = {
    pointer: '',
    code: 'folder-occupied',
    detail: `there is something at ${folder} already`,
    hint: 'Name a folder that is not there, or remove what is.',
  };
  return new BagFailure(`${folder} is not free`, [finding]);
}

/** Writes each file and tells of it; after the first finding nothing more is written, only looked at. */
async function* store(staging: string, options: PackOptions): AsyncGenerator<BagFile> {
  const findings = new FindingList();
  const meter = new ProgressMeter(options.onProgress);
  for await (const file of options.payload) {
    options.signal?.throwIfAborted();
    findings.add(...checkPayloadPath(file.path));
    if (!findings.empty) continue;
    const stored = await storeFile(join(staging, file.path), file, options.signal, meter).catch((error: unknown) => {
      const code = errnoOf(error);
      if (code !== 'EEXIST' && code !== 'ENOTDIR' && code !== 'EISDIR') throw error;
      findings.add({
        pointer: pointerOf(file.path),
        code: 'path-repeated',
        detail: `${shown(file.path)} comes twice, or is a file and a folder`,
        hint: 'Give each file once.',
      });
      return undefined;
    });
    if (stored === undefined) continue;
    if (file.sizeBytes !== undefined && file.sizeBytes !== stored.sizeBytes)
      findings.add({
        pointer: pointerOf(file.path),
        code: 'size-differs',
        detail: `${file.sizeBytes} bytes were announced, ${stored.sizeBytes} came`,
        hint: 'Pack it again when nobody writes to it.',
      });
    yield { path: file.path, ...stored };
  }
  if (!findings.empty) throw new BagFailure('the bag was not packed', findings.all());
}

async function storeFile(target: string, file: PackedFile, signal: AbortSignal | undefined, meter: ProgressMeter) {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const handle = await open(target, O_WRONLY | O_CREAT | O_EXCL, 0o600);
  try {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of file.content) {
      signal?.throwIfAborted();
      // More than announced is seen without writing all of it.
      if (file.sizeBytes !== undefined && sizeBytes > file.sizeBytes) break;
      hash.update(chunk);
      await handle.writeFile(chunk);
      sizeBytes += chunk.length;
      meter.bytes(chunk.length);
    }
    await handle.sync();
    meter.file();
    return { sizeBytes, sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}
