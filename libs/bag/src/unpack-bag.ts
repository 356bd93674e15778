import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BagFailure } from './bag-failure.js';
import type { BagLimits, Progress } from './bag.js';
import { inspectBag } from './check-bag.js';
import { syncTree } from './durable-files.js';
import type { Inspection } from './inspection.js';
import { linesOf } from './inspect-tag-files.js';
import { openRegular } from './line-reader.js';
import { buildBeside } from './pack-bag.js';
import { partOf } from './part-names.js';
import type { PartTree } from './part-trees.js';
import { pointerOf, shown } from './path-rules.js';
import { ProgressMeter } from './progress-meter.js';
import { restoreTree } from './restore-tree.js';

export interface UnpackOptions {
  limits?: BagLimits;
  /** Only these parts. Default: all under data/parts/. */
  parts?: readonly string[];
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

export interface UnpackedBag {
  /** In the order of their names. */
  parts: string[];
  files: number;
  bytes: number;
}

/**
 * The state in a bag as folders `<into>/<part>/…`. The whole bag and its mtree files are checked first, and nothing is created if
 * there are findings; digests are checked again while content is copied. Modes (permission bits only: no set-user-id, set-group-id,
 * sticky), times (Node sets them to about a microsecond), links and empty folders come from `data/parts/<part>.mtree`; files that
 * it does not name get 0600. Owners stay ours. `into` gets its name when all is there; it must not exist, or be empty.
 *
 * @throws {BagFailure} with findings; the signal's reason. `into` is not there then.
 */
export async function unpackBag(bag: string, into: string, options: UnpackOptions = {}): Promise<UnpackedBag> {
  const { parts, ...check } = options;
  const { inspection, parts: all } = await inspectBag(bag, check, true);
  for (const part of parts ?? [])
    if (!all.some((tree) => tree.part === part))
      inspection.find(
        `data/parts/${part}`,
        'part-missing',
        `the bag has no part ${shown(part)}`,
        'Name parts that it has.',
      );
  if (!inspection.findings.empty) throw new BagFailure(`the bag ${bag} is not unpacked`, inspection.findings.all());
  const trees = all.filter(({ part }) => parts === undefined || parts.includes(part));
  return buildBeside(into, '.unpacking', async (staging) => {
    for (const { part } of trees) await mkdir(join(staging, part), { mode: 0o700 });
    const copied = await copyPayload(inspection, staging, { trees, onProgress: options.onProgress });
    for (const tree of trees) await restoreTree(join(staging, tree.part), tree);
    await syncTree(staging);
    return { parts: trees.map(({ part }) => part), ...copied };
  });
}

async function copyPayload(
  inspection: Inspection,
  staging: string,
  { trees, onProgress }: { trees: readonly PartTree[]; onProgress: UnpackOptions['onProgress'] },
): Promise<{ files: number; bytes: number }> {
  const wanted = new Set(trees.map(({ part }) => part));
  const meter = new ProgressMeter(onProgress);
  const done = { files: 0, bytes: 0 };
  const manifest = inspection.payloadManifests.at(-1);
  if (manifest === undefined) return done;
  for await (const line of linesOf(inspection, manifest)) {
    inspection.options.signal?.throwIfAborted();
    const place = 'findings' in line ? null : partOf(line.path);
    if ('findings' in line || place === null || !wanted.has(place.part)) continue;
    const target = join(staging, place.part, place.path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const { digest, sizeBytes } = await copyFile(join(inspection.folder, line.path), target, manifest.algorithm);
    if (digest !== line.digest) throw changedMeanwhile(line.path);
    done.files += 1;
    done.bytes += sizeBytes;
    meter.bytes(sizeBytes);
    meter.file();
  }
  return done;
}

function changedMeanwhile(path: string): BagFailure {
  const detail = `${shown(path)} was changed after the bag was checked`;
  const finding = {
    pointer: pointerOf(path),
    code: 'digest-differs',
    detail,
    hint: 'See that nobody writes into the bag.',
  };
  return new BagFailure('the bag changed while it was unpacked', [finding]);
}

async function copyFile(from: string, to: string, algorithm: string): Promise<{ digest: string; sizeBytes: number }> {
  const hash = createHash(algorithm);
  const source = await openRegular(from);
  try {
    const target = await open(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      let sizeBytes = 0;
      for await (const chunk of source.createReadStream({ autoClose: false })) {
        const bytes = chunk as Buffer;
        hash.update(bytes);
        await target.writeFile(bytes);
        sizeBytes += bytes.length;
      }
      await target.sync();
      return { digest: hash.digest('hex'), sizeBytes };
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}
