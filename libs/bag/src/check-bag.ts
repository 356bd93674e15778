import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '@freehold/kernel';
import { DEFAULT_BAG_LIMITS } from './bag.js';
import type { BagLimits, BagSummary, FetchEntry, Progress } from './bag.js';
import { BagFailure, errnoOf } from './bag-failure.js';
import { digestFile } from './digests.js';
import { inspectDigests, inspectFolder, inspectOxum } from './inspect-content.js';
import { inspectFetch } from './inspect-fetch.js';
import { inspectTagFiles } from './inspect-tag-files.js';
import { Inspection } from './inspection.js';
import { inspectParts } from './part-trees.js';
import type { PartTree } from './part-trees.js';
import { ProgressMeter } from './progress-meter.js';

export interface CheckOptions {
  limits?: BagLimits;
  /** Files of fetch.txt may be absent. Default: all payload has to be there. */
  holey?: boolean;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

export interface CheckedBag {
  /** Why the bag is refused, each with its file as pointer; [] for a bag that is complete (or holey) and valid. */
  findings: Finding[];
  /** What is worth knowing, but refuses nothing: broken digests only, names that differ in case, tag files without a digest. */
  warnings: Finding[];
  /** null where there are findings. Of a holey bag it counts what is announced. */
  summary: BagSummary | null;
  /** In fetch.txt but not there; at most `limits.maxFiles`. */
  absent: FetchEntry[];
}

/**
 * Whether a bag is complete and valid (RFC 8493, 3): everything that is wrong, at once, at most 200 findings and one that says how
 * many more. The mtree files are looked at when all else is right. Reads only. Content is not read where limits are broken or manifests repeat lines.
 *
 * @throws {BagFailure} where the folder cannot be read at all; the signal's reason.
 */
export async function checkBag(folder: string, options: CheckOptions = {}): Promise<CheckedBag> {
  const inspected = await inspectBag(folder, options, true);
  return {
    findings: inspected.inspection.findings.all(),
    warnings: inspected.inspection.warnings.all(),
    summary: inspected.summary,
    absent: inspected.absent,
  };
}

/** `payload: false`: the digests of payload that is there are trusted, since completing a bag put it there. */
export async function inspectBag(folder: string, options: CheckOptions, payload: boolean) {
  const { limits = DEFAULT_BAG_LIMITS, holey = false, signal } = options;
  const inspection = new Inspection(folder, { limits, holey, signal });
  let absent: FetchEntry[] = [];
  let parts: PartTree[] = [];
  try {
    if (!(await stat(folder)).isDirectory())
      throw new BagFailure(`${folder} is not a folder`, [], { hint: 'Name a bag.' });
    await inspectTagFiles(inspection);
    await inspectFolder(inspection);
    absent = await inspectFetch(inspection);
    inspectOxum(inspection, absent);
    const files = inspection.onDisk.payloadFiles;
    const meter = new ProgressMeter(options.onProgress, { files, bytes: inspection.onDisk.payloadBytes });
    await inspectDigests(inspection, payload, meter);
    // The side files can be relied on only when all else is right.
    if (inspection.findings.empty) parts = await inspectParts(inspection);
  } catch (error) {
    if (error instanceof BagFailure) inspection.findings.add(...error.findings);
    if (!(error instanceof BagFailure) || error.findings.length === 0) throw unreadable(folder, error, signal);
  }
  const summary = inspection.findings.empty ? await summarise(inspection, absent) : null;
  return { inspection, absent, parts, summary };
}

function unreadable(folder: string, error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true || error instanceof BagFailure || errnoOf(error) === undefined) return error;
  return new BagFailure(`the bag ${folder} cannot be read`, [], {
    cause: error,
    hint: 'See that it is there and readable.',
  });
}

async function summarise(inspection: Inspection, absent: readonly FetchEntry[]): Promise<BagSummary> {
  const tagManifests = inspection.manifests.filter(({ kind }) => kind === 'tag');
  const signed = tagManifests.find(({ algorithm }) => algorithm === 'sha256') ?? tagManifests.at(-1);
  const file = signed === undefined ? null : join(inspection.folder, signed.name);
  return {
    payloadBytes: absent.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), inspection.onDisk.payloadBytes),
    payloadFiles: inspection.listed.files,
    tagManifestSha256: file === null ? '' : (await digestFile(file, 'sha256')).digest,
  };
}
