import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { infoValues, readBagInfo, readDeclaration } from './bag-info.js';
import { isAlgorithm, isWeak } from './digests.js';
import { CASE_FOLDED, PAYLOAD_FLAGS, flagOf } from './inspection.js';
import type { Inspection, Manifest } from './inspection.js';
import { readManifestLines } from './manifest-lines.js';
import { notePart } from './part-names.js';
import { caseFolded, pointerOf, shown } from './path-rules.js';

const COMPLETE = 'Get the bag again, or what is missing in it.';
const ONCE = 'Each file stands once in a manifest; have it packed again.';

/** What the bag says of itself: version, info, and which files there are with which digests. */
export async function inspectTagFiles(inspection: Inspection): Promise<void> {
  const names = await inspectRoot(inspection);
  if (names.has('bagit.txt')) await inspection.attempt(async () => inspectDeclaration(inspection));
  else inspection.find('bagit.txt', 'tag-file-missing', 'there is no bagit.txt: this is not a bag', COMPLETE);
  if (names.has('bag-info.txt')) await inspection.attempt(async () => inspectInfo(inspection));
  if (!names.has('data') && !inspection.options.holey)
    inspection.find('data', 'payload-folder-missing', 'there is no folder data', COMPLETE);
  if (inspection.payloadManifests.length === 0)
    inspection.find('', 'manifest-missing', 'there is no payload manifest that can be checked', COMPLETE);
  else if (inspection.payloadManifests.every(({ algorithm }) => isWeak(algorithm)))
    inspection.warn('', 'digests-weak', 'all manifests use broken digests', 'Have it packed with sha256 or sha512.');
  for (const manifest of inspection.manifests)
    await inspection.attempt(async () => inspectManifest(inspection, manifest));
}

async function inspectDeclaration(inspection: Inspection): Promise<void> {
  const declared = await readDeclaration(join(inspection.folder, 'bagit.txt'));
  inspection.version = declared.version;
  inspection.findings.add(...declared.findings);
}

async function inspectRoot(inspection: Inspection): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const { name } of await opendir(inspection.folder)) {
    const [, tag, algorithm] = /^(tag)?manifest-(.+)\.txt$/.exec(name) ?? [];
    if (['bagit.txt', 'bag-info.txt', 'data'].includes(name)) names.add(name);
    else if (name === 'fetch.txt') inspection.hasFetch = true;
    else if (algorithm !== undefined && isAlgorithm(algorithm))
      inspection.manifests.push({ name, kind: tag === undefined ? 'payload' : 'tag', algorithm });
    else if (algorithm !== undefined)
      inspection.find(name, 'algorithm-unknown', `${shown(name)} cannot be checked here`, 'Use sha256 or sha512.');
  }
  inspection.manifests.sort((a, b) => flagOf(a) - flagOf(b));
  return names;
}

async function inspectInfo(inspection: Inspection): Promise<void> {
  const { entries, findings } = await readBagInfo(join(inspection.folder, 'bag-info.txt'));
  inspection.findings.add(...findings);
  const oxums = infoValues(entries, 'Payload-Oxum');
  if (oxums.length === 0) return;
  const [, bytes, files] = /^(\d{1,15})\.(\d{1,15})$/.exec(oxums[0] ?? '') ?? [];
  if (oxums.length > 1 || bytes === undefined || files === undefined) {
    const hint = 'It stands there once: bytes, a dot, and the number of files.';
    inspection.find('bag-info.txt', 'oxum-malformed', `Payload-Oxum is ${shown(oxums.join(', '))}`, hint);
    return;
  }
  inspection.oxum = { bytes: Number(bytes), files: Number(files) };
  const { maxBytes, maxFiles } = inspection.options.limits;
  if (inspection.oxum.bytes > maxBytes)
    inspection.overLimit('', 'bag-too-large', `${bytes} bytes are announced, ${maxBytes} allowed`);
  if (inspection.oxum.files > maxFiles)
    inspection.overLimit('', 'too-many-files', `${files} files are announced, ${maxFiles} allowed`);
}

export const linesOf = ({ folder, version, options }: Inspection, { name, algorithm }: Manifest) =>
  readManifestLines(join(folder, name), { algorithm, version, maxPathBytes: options.limits.maxPathBytes });

async function inspectManifest(inspection: Inspection, manifest: Manifest): Promise<void> {
  const { paths, options } = inspection;
  const flag = flagOf(manifest);
  let lines = 0;
  for await (const line of linesOf(inspection, manifest)) {
    options.signal?.throwIfAborted();
    lines += 1;
    if (lines > options.limits.maxFiles)
      return inspection.overLimit(manifest.name, 'too-many-files', `over ${options.limits.maxFiles} lines`);
    if ('findings' in line) {
      inspection.findings.add(...line.findings);
      continue;
    }
    const { path } = line;
    if (path.startsWith('data/') !== (manifest.kind === 'payload') || path.startsWith('tagmanifest-')) {
      const hint = 'Payload stands in manifests, tag files in tag manifests, and tag manifests in none.';
      inspection.find(path, 'entry-misplaced', `${shown(path)} stands in ${manifest.name}`, hint);
      continue;
    }
    const folded = manifest.kind === 'payload' ? caseFolded(path) : '';
    const before = paths.add(path, folded === path ? flag | CASE_FOLDED : flag);
    if ((before & flag) !== 0) {
      inspection.contentRefused = true;
      inspection.find(path, 'path-repeated', `${shown(path)} stands in ${manifest.name} twice`, ONCE);
    } else if ((before & PAYLOAD_FLAGS) === 0 && manifest.kind === 'payload') {
      inspection.listed.files += 1;
      notePart(inspection, path);
      const met = folded === path ? before : paths.add(folded, CASE_FOLDED);
      if ((met & CASE_FOLDED) !== 0) noteCase(inspection, path);
    }
  }
}

function noteCase({ warnings }: Inspection, path: string): void {
  const detail = `${shown(path)} differs from another in case only`;
  const hint = 'Windows and macOS cannot keep both; Linux can.';
  warnings.add({ pointer: pointerOf(path), code: 'path-differs-in-case', detail, hint });
}
