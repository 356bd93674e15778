import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '@freehold/kernel';
import type { BagFile, BagSummary } from './bag.js';
import { BagFailure, FindingList } from './bag-failure.js';
import { DECLARATION, checkInfo, infoLine } from './bag-info.js';
import { digestFile } from './digests.js';
import { DurableText } from './durable-files.js';
import { fetchLine, isFetchUrl } from './fetch-lines.js';
import { manifestLine } from './manifest-lines.js';
import { checkPath, pointerOf, shown } from './path-rules.js';
import { PathTable } from './path-table.js';

const WRITTEN = ['bagit.txt', 'bag-info.txt', 'manifest-sha256.txt', 'fetch.txt', 'tagmanifest-sha256.txt'];
const SEEN = 1;

export interface TagFilesOptions {
  /** Written in this order; each path once. */
  payload: AsyncIterable<BagFile>;
  /** Further lines of bag-info.txt; Payload-Oxum is counted here. */
  info: Readonly<Record<string, string>>;
  /** Makes the bag holey: where a file may be fetched; null for files that are in the bag. Default: all are. */
  url?: (file: BagFile) => string | null;
  /** Other tag files, which lie in the folder already: they stand in the tag manifest. */
  extraTagFiles?: readonly string[];
}

/**
 * Writes the tag files of a bag whose payload may lie elsewhere: bagit.txt, bag-info.txt, manifest-sha256.txt, fetch.txt if any
 * file has a URL, and last tagmanifest-sha256.txt, without which the others mean nothing. Those of an earlier call are replaced.
 * The folder is made if it is missing; nothing in `data/` is touched.
 *
 * @throws {BagFailure} with everything that is wrong with paths, sizes, digests, URLs and info; the bag then has no tag manifest.
 */
export async function writeTagFiles(folder: string, options: TagFilesOptions): Promise<BagSummary> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of [...WRITTEN].reverse()) await rm(join(folder, name), { force: true });
  const findings = new FindingList();
  findings.add(...checkInfo(options.info), ...checkTagPaths(options.extraTagFiles ?? []));
  const payload = await writePayloadFiles(folder, options, findings);
  if (!findings.empty) throw new BagFailure('the bag was not written', findings.all());
  const info = Object.entries({ ...options.info, 'Payload-Oxum': `${payload.bytes}.${payload.files}` });
  const tags: [string, string][] = [
    ['bagit.txt', await writeText(folder, 'bagit.txt', DECLARATION)],
    [
      'bag-info.txt',
      await writeText(folder, 'bag-info.txt', info.map(([label, value]) => infoLine(label, value)).join('')),
    ],
    ...payload.tags,
  ];
  for (const path of options.extraTagFiles ?? [])
    tags.push([path, (await digestFile(join(folder, path), 'sha256')).digest]);
  const lines = tags.map(([path, digest]) => manifestLine(path, digest)).join('');
  const tagManifestSha256 = await writeText(folder, 'tagmanifest-sha256.txt', lines);
  return { payloadBytes: payload.bytes, payloadFiles: payload.files, tagManifestSha256 };
}

async function writeText(folder: string, name: string, text: string): Promise<string> {
  const file = await DurableText.create(join(folder, name));
  try {
    await file.write(text);
    return await file.keep();
  } finally {
    await file.discard();
  }
}

/** manifest-sha256.txt and fetch.txt in one pass over the payload. */
async function writePayloadFiles(folder: string, options: TagFilesOptions, findings: FindingList) {
  const manifest = await DurableText.create(join(folder, 'manifest-sha256.txt'));
  const fetch = await DurableText.create(join(folder, 'fetch.txt'));
  try {
    const seen = new PathTable();
    const total = { files: 0, bytes: 0, fetched: 0 };
    for await (const file of options.payload) {
      const url = options.url?.(file) ?? null;
      findings.add(...checkFile(file, url, seen));
      total.files += 1;
      total.bytes += file.sizeBytes;
      if (!findings.empty) continue;
      await manifest.write(manifestLine(file.path, file.sha256));
      if (url === null) continue;
      total.fetched += 1;
      await fetch.write(fetchLine({ url, sizeBytes: file.sizeBytes, path: file.path }));
    }
    const tags: [string, string][] = [];
    if (findings.empty) tags.push(['manifest-sha256.txt', await manifest.keep()]);
    if (findings.empty && total.fetched > 0) tags.push(['fetch.txt', await fetch.keep()]);
    return { ...total, tags };
  } finally {
    await manifest.discard();
    await fetch.discard();
  }
}

function checkFile(file: BagFile, url: string | null, seen: PathTable): Finding[] {
  const findings = checkPayloadPath(file.path);
  const add = (code: string, detail: string, hint: string): void =>
    void findings.push({ pointer: pointerOf(file.path), code, detail, hint });
  if (findings.length === 0 && seen.add(file.path, SEEN) !== 0)
    add('path-repeated', `${shown(file.path)} comes twice`, 'Give each file once.');
  if (!Number.isSafeInteger(file.sizeBytes) || file.sizeBytes < 0)
    add('size-malformed', `its size is ${file.sizeBytes}`, 'Sizes are whole bytes.');
  if (!/^[0-9a-f]{64}$/.test(file.sha256))
    add('digest-malformed', 'its digest is no SHA-256', 'Write 64 hexadecimal digits in lower case.');
  if (url !== null && !isFetchUrl(url))
    add(
      'fetch-url-refused',
      'its URL cannot stand in fetch.txt',
      'Use an absolute http or https URL without a password.',
    );
  return findings;
}

/** {@link checkPath}, and that the path is below data/. */
export function checkPayloadPath(path: string): Finding[] {
  const findings = checkPath(path, () => pointerOf(path));
  if (!path.startsWith('data/')) {
    const [code, detail] = ['payload-outside-data', `${shown(path)} is not below data/`];
    findings.push({ pointer: pointerOf(path), code, detail, hint: 'Paths of payload files begin with data/.' });
  }
  return findings;
}

function checkTagPaths(paths: readonly string[]): Finding[] {
  return paths.flatMap((path) => {
    const pointer = pointerOf(path);
    const findings = checkPath(path, pointer);
    if (path.startsWith('data/') || path.startsWith('tagmanifest-') || WRITTEN.includes(path) || /^\s/.test(path))
      findings.push({
        pointer,
        code: 'tag-file-misplaced',
        detail: `${shown(path)} cannot be a further tag file`,
        hint: 'Further tag files lie outside data/ under names that BagIt does not use.',
      });
    return findings;
  });
}
