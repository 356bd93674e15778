import { join } from 'node:path';
import type { FetchEntry } from './bag.js';
import { readFetchLines } from './fetch-lines.js';
import { IN_FETCH, ON_DISK, PAYLOAD_FLAGS } from './inspection.js';
import type { Inspection } from './inspection.js';
import { foldersAbove, shown } from './path-rules.js';

const ONCE = 'Each file stands once in fetch.txt; have it packed again.';
const CLASH = 'One of both has to have another name.';

/**
 * What fetch.txt says, once it is known what manifests name and what is there.
 *
 * @returns its entries whose file is not there.
 */
export async function inspectFetch(inspection: Inspection): Promise<FetchEntry[]> {
  const absent: FetchEntry[] = [];
  if (!inspection.hasFetch) return absent;
  const { folder, version, options, announced, onDisk } = inspection;
  const { maxPathBytes, maxFiles, maxBytes } = options.limits;
  const checkFolders = clashFinder(inspection);
  let lines = 0;
  for await (const line of readFetchLines(join(folder, 'fetch.txt'), { version, maxPathBytes })) {
    options.signal?.throwIfAborted();
    lines += 1;
    if (lines > maxFiles) {
      inspection.overLimit('fetch.txt', 'too-many-files', `over ${maxFiles} lines`);
      return absent;
    }
    if ('findings' in line) {
      inspection.findings.add(...line.findings);
      continue;
    }
    announced.bytes += line.sizeBytes ?? 0;
    if (!isAbsent(inspection, line.path)) continue;
    absent.push(line);
    checkFolders(line.path);
  }
  const total = absent.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), onDisk.bytes);
  if (announced.bytes > maxBytes)
    inspection.overLimit('fetch.txt', 'bag-too-large', `${announced.bytes} bytes are announced, ${maxBytes} allowed`);
  else if (total > maxBytes)
    inspection.overLimit('fetch.txt', 'bag-too-large', `it would have ${total} bytes, ${maxBytes} allowed`);
  return absent;
}

function isAbsent(inspection: Inspection, path: string): boolean {
  const flags = inspection.paths.add(path, IN_FETCH);
  if ((flags & PAYLOAD_FLAGS) === 0) {
    const hint = 'fetch.txt names files of the manifest only.';
    inspection.find(path, 'fetch-entry-not-in-manifest', `${shown(path)} is in fetch.txt only`, hint);
  } else if ((flags & IN_FETCH) !== 0) {
    inspection.contentRefused = true;
    inspection.find(path, 'path-repeated', `${shown(path)} stands in fetch.txt twice`, ONCE);
    return false;
  } else inspection.announced.files += 1;
  return (flags & ON_DISK) === 0;
}

/** Looks at the folders above a path; those above the path before it were looked at then. */
function clashFinder(inspection: Inspection): (path: string) => void {
  let parent = '';
  return (path) => {
    const above = path.slice(0, path.lastIndexOf('/'));
    if (above === parent) return;
    const news = foldersAbove(path).filter((folder) => !`${parent}/`.startsWith(`${folder}/`));
    parent = above;
    for (const folder of news)
      if ((inspection.paths.flags(folder) & (PAYLOAD_FLAGS | ON_DISK)) !== 0)
        inspection.find(folder, 'path-is-file-and-folder', `${shown(path)} lies below ${shown(folder)}, a file`, CLASH);
  };
}
