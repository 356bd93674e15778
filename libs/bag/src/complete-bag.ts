import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_BAG_LIMITS } from './bag.js';
import type { BagLimits, FetchEntry, Progress } from './bag.js';
import { BagFailure } from './bag-failure.js';
import { inspectBag } from './check-bag.js';
import { isThere } from './durable-files.js';
import { fetchFile } from './fetch-file.js';
import type { OpenAt } from './fetch-file.js';
import { readFetchLines } from './fetch-lines.js';
import { IN_FETCH, ON_DISK, flagOf } from './inspection.js';
import type { Inspection } from './inspection.js';
import { linesOf } from './inspect-tag-files.js';
import { PathTable } from './path-table.js';
import { ProgressMeter } from './progress-meter.js';

const DIGEST_BYTES = 32;
const ABSENT = 1;

export interface CompleteOptions {
  /** Content of a file from `offset` on. What it throws comes back as it is, and what was fetched is kept. */
  open: OpenAt;
  /** Files at once. Default 4. */
  concurrency?: number;
  limits?: BagLimits;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/**
 * Fetches what a holey bag lacks. The bag is checked first, without reading payload that is there (completing put it there, after
 * its digest was right), and nothing is fetched if there are findings. Each file comes into `<folder>.partial`, is resumed there
 * by byte range, and is renamed into the bag when its length and digest are right. Repeating it after a crash is harmless.
 *
 * Memory: 18 + 32 bytes a slot for absent files, besides the check's.
 *
 * @throws {BagFailure} findings of the bag, or the file whose size or digest is not what was announced; what `open` throws; the
 *   signal's reason. The first failure ends the others.
 */
export async function completeBag(
  folder: string,
  options: CompleteOptions,
): Promise<{ fetchedFiles: number; fetchedBytes: number }> {
  const { limits = DEFAULT_BAG_LIMITS, signal, onProgress } = options;
  const check = { limits, holey: true, ...(signal === undefined ? {} : { signal }) };
  const { inspection, absent } = await inspectBag(folder, check, false);
  requireSha256(inspection, absent.length);
  if (!inspection.findings.empty)
    throw new BagFailure(`the bag ${folder} cannot be completed`, inspection.findings.all());
  const partial = `${folder}.partial`;
  const bytes = absent.every(({ sizeBytes }) => sizeBytes !== null) ? sizeOf(absent) : null;
  const meter = new ProgressMeter(onProgress, { files: absent.length, bytes });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  if (!(await isThere(join(folder, 'data')))) await mkdir(join(folder, 'data'), { mode: 0o700 });
  const stop = new AbortController();
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const entries = absentEntries(inspection, await digestsOfAbsent(inspection));
  const done = { fetchedFiles: 0, fetchedBytes: 0 };
  const room = { bytes: limits.maxBytes - inspection.onDisk.bytes - sizeOf(absent) };
  const work = async (): Promise<void> => {
    for await (const entry of entries) {
      const limitBytes = entry.sizeBytes ?? limits.maxBytes;
      const fetching = { folder, partial, limitBytes, room, open: options.open, signal: both, meter };
      const received = await fetchFile(fetching, entry);
      done.fetchedBytes += received;
      done.fetchedFiles += 1;
    }
  };
  await allOrStop(Array.from({ length: options.concurrency ?? 4 }, work), stop);
  await rm(partial, { recursive: true, force: true });
  return done;
}

const sizeOf = (entries: readonly FetchEntry[]): number =>
  entries.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);

function requireSha256(inspection: Inspection, absent: number): void {
  if (absent === 0 || inspection.payloadManifests.some(({ algorithm }) => algorithm === 'sha256')) return;
  const hint = 'Have it packed with sha256, or fetch the files by other means.';
  inspection.find('manifest-sha256.txt', 'manifest-sha256-missing', 'what is fetched is known by SHA-256 here', hint);
}

/** The first failure aborts the others, and is thrown when all have ended. */
async function allOrStop(workers: Promise<void>[], stop: AbortController): Promise<void> {
  const failures: unknown[] = [];
  const watched = workers.map(async (worker) =>
    worker.catch((error: unknown) => {
      failures.push(error);
      stop.abort(error);
    }),
  );
  await Promise.all(watched);
  if (failures.length > 0) throw failures[0];
}

async function digestsOfAbsent(inspection: Inspection): Promise<PathTable> {
  const digests = new PathTable({ valueBytes: DIGEST_BYTES });
  for (const manifest of inspection.payloadManifests) {
    if (manifest.algorithm !== 'sha256') continue;
    for await (const line of linesOf(inspection, manifest)) {
      const flags = 'findings' in line ? 0 : inspection.paths.flags(line.path);
      const wanted = (flags & IN_FETCH) !== 0 && (flags & ON_DISK) === 0 && (flags & flagOf(manifest)) !== 0;
      if (!('findings' in line) && wanted) digests.add(line.path, ABSENT, Buffer.from(line.digest, 'hex'));
    }
  }
  return digests;
}

async function* absentEntries(
  { folder, version, options }: Inspection,
  digests: PathTable,
): AsyncGenerator<FetchEntry & { sha256: string }> {
  const { maxPathBytes } = options.limits;
  for await (const line of readFetchLines(join(folder, 'fetch.txt'), { version, maxPathBytes })) {
    if ('findings' in line || digests.flags(line.path) !== ABSENT) continue;
    yield { ...line, sha256: Buffer.from(digests.value(line.path)).toString('hex') };
  }
}
