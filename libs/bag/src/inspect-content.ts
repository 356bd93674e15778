import { join } from 'node:path';
import type { FetchEntry } from './bag.js';
import { walkBag } from './bag-walk.js';
import { digestFile } from './digests.js';
import { IN_FETCH, ON_DISK, PAYLOAD_FLAGS, TAG_FLAGS, flagOf } from './inspection.js';
import type { Inspection, Manifest } from './inspection.js';
import { linesOf } from './inspect-tag-files.js';
import { shown } from './path-rules.js';
import type { ProgressMeter } from './progress-meter.js';

const AGAIN = 'Get this file again from where the bag was packed.';
const CLASH = 'One of both has to have another name.';

/** What is really there, against what the manifests say. */
export async function inspectFolder(inspection: Inspection): Promise<void> {
  const { limits, signal } = inspection.options;
  const { onDisk } = inspection;
  let entries = 0;
  for await (const found of walkBag(inspection.folder, limits.maxPathBytes)) {
    signal?.throwIfAborted();
    entries += 1;
    // Folders count too: millions of empty ones are no bag.
    if (entries > 2 * limits.maxFiles + 1000)
      return inspection.overLimit('', 'too-many-files', `over ${entries} entries`);
    if (found.type === 'refused') inspection.findings.add(...found.findings);
    else if (found.type === 'folder') inspectSubfolder(inspection, found.path);
    else inspectFile(inspection, found.path, found.sizeBytes);
  }
  if (onDisk.payloadFiles > limits.maxFiles)
    inspection.overLimit('', 'too-many-files', `${onDisk.payloadFiles} files are there, ${limits.maxFiles} allowed`);
  if (onDisk.bytes > limits.maxBytes)
    inspection.overLimit('', 'bag-too-large', `${onDisk.bytes} bytes are there, ${limits.maxBytes} allowed`);
}

function inspectSubfolder(inspection: Inspection, path: string): void {
  if ((inspection.paths.flags(path) & (PAYLOAD_FLAGS | TAG_FLAGS)) !== 0)
    inspection.find(path, 'path-is-file-and-folder', `${shown(path)} is a folder`, CLASH);
}

function inspectFile(inspection: Inspection, path: string, sizeBytes: number): void {
  const { paths, onDisk } = inspection;
  const flags = paths.add(path, ON_DISK);
  onDisk.bytes += sizeBytes;
  if (path.startsWith('data/')) {
    onDisk.payloadFiles += 1;
    onDisk.payloadBytes += sizeBytes;
    if ((flags & PAYLOAD_FLAGS) === 0)
      inspection.find(path, 'file-not-in-manifest', `${shown(path)} stands in no manifest`, 'Remove it or pack again.');
  } else if (path === 'data') {
    inspection.find(path, 'payload-folder-missing', 'data is a file', AGAIN);
  } else if ((flags & TAG_FLAGS) === 0 && !path.startsWith('tagmanifest-')) {
    const hint = 'Do not rely on its content.';
    inspection.warn(path, 'tag-file-not-covered', `${shown(path)} stands in no tag manifest`, hint);
  }
}

/** Every line of every manifest against its file. `payload: false` trusts the digests of payload that is there. */
export async function inspectDigests(inspection: Inspection, payload: boolean, meter: ProgressMeter): Promise<void> {
  for (const manifest of inspection.manifests)
    await inspection.attempt(async () => inspectEntries(inspection, manifest, { payload, meter }));
}

async function inspectEntries(
  inspection: Inspection,
  manifest: Manifest,
  { payload, meter }: { payload: boolean; meter: ProgressMeter },
): Promise<void> {
  const { paths, options } = inspection;
  const all = inspection.payloadManifests.reduce((flags, manifest) => flags | flagOf(manifest), 0);
  const isPayload = manifest.kind === 'payload';
  if (isPayload && isAllAbsent(inspection)) return;
  const readable = (payload || !isPayload) && !inspection.contentRefused;
  for await (const line of linesOf(inspection, manifest)) {
    options.signal?.throwIfAborted();
    const flags = 'findings' in line ? 0 : paths.flags(line.path);
    // Not in the table: it was refused, or the manifest was not read so far.
    if ('findings' in line || (flags & flagOf(manifest)) === 0) continue;
    if (isPayload && (flags & all) !== all)
      inspection.find(line.path, 'manifests-disagree', `${shown(line.path)} is not in all payload manifests`, AGAIN);
    if ((flags & ON_DISK) !== 0) {
      if (readable) await inspection.attempt(async () => inspectDigest(inspection, manifest, line, meter));
    } else if (!isPayload || !options.holey || (flags & IN_FETCH) === 0)
      inspection.find(line.path, 'file-missing', `${shown(line.path)} is not there`, AGAIN);
  }
}

/** Whatever the only manifest names is to be fetched, and nothing of it is there: no line of it has anything to look at. */
const isAllAbsent = ({ options, payloadManifests, onDisk, announced, listed }: Inspection): boolean =>
  options.holey && payloadManifests.length === 1 && onDisk.payloadFiles === 0 && announced.files === listed.files;

async function inspectDigest(
  inspection: Inspection,
  manifest: Manifest,
  line: { path: string; digest: string },
  meter: ProgressMeter,
): Promise<void> {
  const { signal } = inspection.options;
  const onBytes = (bytes: number): void => meter.bytes(bytes);
  const file = join(inspection.folder, line.path);
  const { digest } = await digestFile(file, manifest.algorithm, { signal, onBytes });
  meter.file();
  if (digest === line.digest) return;
  inspection.find(line.path, 'digest-differs', `${shown(line.path)} is not what ${manifest.name} says`, AGAIN);
}

export function inspectOxum(inspection: Inspection, absent: readonly FetchEntry[]): void {
  const { oxum, onDisk } = inspection;
  if (oxum === null || absent.some(({ sizeBytes }) => sizeBytes === null)) return;
  const bytes = absent.reduce((sum, entry) => sum + (entry.sizeBytes ?? 0), onDisk.payloadBytes);
  const files = onDisk.payloadFiles + absent.length;
  if (bytes === oxum.bytes && files === oxum.files) return;
  const detail = `Payload-Oxum says ${oxum.bytes}.${oxum.files}, the payload has ${bytes}.${files}`;
  inspection.find('bag-info.txt', 'oxum-differs', detail, 'Something is missing or too much; get the bag again.');
}
