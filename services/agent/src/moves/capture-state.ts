import { type BagFile, writeTagFiles } from '@freehold/bag';
import { type CaptureResult, JOB_RESULT_LIMIT_BYTES } from '@freehold/deployment-contract';
import { countsOf, type ApplicationPackage } from '@freehold/application-package';
import {
  capturePartReported,
  type Listed,
  listFiles,
  type PartReport,
  type Site,
  type StatePart,
  TreeReport,
  type WorkOptions,
} from '@freehold/state-parts';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { DesiredState } from '@freehold/provisioning-contract';
import { syncFolder, writeDurably } from '../journal/durable-file.js';
import { GivenUp } from '../reconciler/failures.js';
import { readTree, writeTree } from './check-tree.js';
import { copyOf } from './database-copies.js';
import { eachKind } from './each-kind.js';
import { writeDocuments } from './capture-documents.js';
import { type MoveFolder, withRunFolder } from './move-folders.js';
import { notStopped, nothingCaptured } from './move-failures.js';
import { workTeller } from './progress.js';
import { entriesForBag } from './refused-entries.js';
import type { MoveGround, MoveJob } from './move-work.js';
import { type Captured, readCaptured } from './state-at-hand.js';
import { transferPath, transferPathBelow } from './transfer-path.js';
import { copyIntoBag, needRoomFor, writeReadme } from './whole-bag.js';

type CaptureJob = MoveJob<'capture-state'>;

/** Somebody waits. */
const AT_REST_LOOK_MS = 20;
const WATCH_MS = 200;

/**
 * Makes the sealed bag of an environment at rest: documents, dumps of databases, side files and tag files in the move's
 * folder; files of parts stay where they are, and are named with their digests. Made anew under another name and renamed
 * as the last, so that a bag that is there is whole; a repeat for the same generation answers what was captured.
 * A `whole` bag has copies of the files as well, and goes on being the same whatever becomes of the environment.
 */
export async function captureState(ground: MoveGround, job: CaptureJob): Promise<CaptureResult> {
  const { move, generation } = job.work;
  const { environment } = job.job;
  const { lane, desired } = await atRest(ground, job);
  const folder = await ground.folders.make(move);
  return lane.exclusively(async () => {
    const known = await readCaptured(folder.captured);
    const isOfNow = known?.environment === environment && known.generation === desired.generation;
    if (isOfNow && desired.generation >= generation) return known.result as CaptureResult; // as it was written
    const stillStopped = watch(() => lane.desired, desired);
    try {
      const signal = AbortSignal.any([job.signal, stillStopped.signal]);
      return await capture({ ...job, signal }, ground, folder, desired);
    } catch (error) {
      throw stillStopped.signal.aborted ? new GivenUp([notStopped], error) : error;
    } finally {
      stillStopped.end();
    }
  });
}

/** Waits until nothing of the environment runs, at this generation or a later one. @throws GivenUp when it is wanted to run again by now */
async function atRest({ reconciler, timing }: MoveGround, { job, work, signal }: CaptureJob) {
  const until = performance.now() + timing.environmentWaitMs;
  for (;;) {
    const lane = reconciler.lane(job.environment);
    const desired = lane?.desired;
    if (lane?.holds === true && desired?.want === 'stopped' && desired.generation >= work.generation) {
      return { lane, desired };
    }
    const isOver = desired !== undefined && desired.generation > work.generation && desired.want !== 'stopped';
    if (isOver || performance.now() > until) throw new GivenUp([notStopped]);
    await pause(AT_REST_LOOK_MS, undefined, { signal });
  }
}

/** Aborts when something else is desired: the environment waits to be opened again. */
function watch(now: () => DesiredState | undefined, before: DesiredState) {
  const changed = new AbortController();
  const timer = setInterval(() => {
    const desired = now();
    if (desired?.want !== 'stopped' || desired.generation !== before.generation) changed.abort(new Error('reopened'));
  }, WATCH_MS);
  return { signal: changed.signal, end: () => clearInterval(timer) };
}

interface Capturing {
  readonly site: Site;
  readonly parts: readonly StatePart[];
  readonly app: ApplicationPackage;
  /** Where the bag is made. */
  readonly bag: string;
  readonly folder: MoveFolder;
  /** Files of parts are copied into it. */
  readonly whole: boolean;
  readonly signal: AbortSignal;
  readonly tell: CaptureJob['tell'];
}

async function capture(job: CaptureJob, ground: MoveGround, folder: MoveFolder, desired: DesiredState) {
  const { move, digest, info, whole = false } = job.work;
  const state = await ground.state.live(desired.environment);
  if (state === null) throw nothingCaptured('The environment is not there, or was never configured.');
  const { app } = await ground.hands.packages.get(digest);
  const bag = join(folder.root, '.bag');
  await rm(bag, { recursive: true, force: true });
  await mkdir(join(bag, 'data', 'parts'), { recursive: true, mode: 0o700 });
  const earlier = ground.folders.earlierHistory(job.job.environment);
  const { reports, summary } = await withRunFolder(async (runFolder) => {
    const site = { folder: state.folder, user: state.user, runFolder };
    const { parts } = state;
    const capturing = { site, parts, app, bag, folder, whole, signal: job.signal, tell: job.tell };
    const documents = writeDocuments(ground.ask, job, { bag, earlier });
    const captured = captureParts(capturing);
    const origin = `${ground.origin}${transferPath('v1', 'transfer', move, 'bag')}`;
    const url = ({ path }: BagFile) => (whole ? null : `${origin}${transferPathBelow(path)}`);
    const payload = payloadOf(capturing, { documents, captured, whole: () => makeWhole(capturing, job.work) });
    const work = [documents, captured.reports, writeTagFiles(bag, { payload, info, url })] as const;
    await Promise.allSettled(work); // nothing of it goes on afterwards
    const [, reports, summary] = await Promise.all(work);
    return { reports, summary };
  });
  const result = { ...summary, report: withinMessage(reports) };
  await keep(folder, bag, {
    ...{ environment: desired.environment, generation: desired.generation, result },
    ...{ parts: state.parts.map(({ leaveOut, ...part }) => ({ ...part, leaveOut: [...leaveOut] })), whole },
  });
  return result;
}

/** What is told to people, and that all of it will find room; files are copied while the manifest is written. */
async function makeWhole(work: Capturing, { application, version }: CaptureJob['work']): Promise<void> {
  const { parts, bag } = work;
  work.tell('captures: copies files');
  await writeReadme(bag, { application, version, parts });
  const files = parts.filter(({ kind }) => kind === 'files');
  await needRoomFor(
    bag,
    files.map((part) => listed(work, part)),
  );
}

interface CapturedParts {
  readonly reports: Promise<PartReport[]>;
  /** Ends when its dump or side file is there; fails when that of any part fails. */
  readonly part: (part: StatePart) => Promise<void>;
}

/** Dumps, side files and the report of each part. */
function captureParts(work: Capturing): CapturedParts {
  const waiting = new Map(work.parts.map(({ name }) => [name, Promise.withResolvers<void>()]));
  const captureAll = async () => {
    try {
      const reports = await eachKind(work.parts, async (part) => {
        const options = { signal: work.signal, onProgress: workTeller(`captures: ${part.name}`, work.tell) };
        const report = await (part.kind === 'files' ? captureTree : captureDatabase)(work, part, options);
        waiting.get(part.name)?.resolve();
        return report;
      });
      await writeDurably(join(work.bag, 'data', 'report.json'), JSON.stringify(reports));
      return reports;
    } catch (error) {
      for (const { promise, reject } of waiting.values()) {
        promise.catch(() => undefined); // nobody may be waiting
        reject(error);
      }
      throw error;
    }
  };
  return { reports: captureAll(), part: async ({ name }) => waiting.get(name)?.promise };
}

/** The tree is walked once: its report is made meanwhile, and the manifest of its side file. */
async function captureTree(work: Capturing, part: StatePart, options: WorkOptions): Promise<PartReport> {
  const { site, folder } = work;
  const found = listFiles(site, part, { ...options, cacheFile: join(folder.digests, part.name) });
  const report = new TreeReport(part, countsOf(work.app, part));
  await writeTree(sideFile(work, part), reported(report, entriesForBag(part.name, found)));
  return report.report();
}

async function* reported(report: TreeReport, entries: AsyncIterable<Listed>): AsyncGenerator<Listed> {
  for await (const entry of entries) {
    report.add(entry);
    yield entry;
  }
}

async function captureDatabase(work: Capturing, part: StatePart, options: WorkOptions): Promise<PartReport> {
  const { site, app, folder, whole } = work;
  const into = join(work.bag, 'data', 'parts', part.name);
  await mkdir(into, { mode: 0o700 });
  const base = whole ? {} : { base: copyOf(folder, part) };
  return capturePartReported({ site, part, into, counts: countsOf(app, part), options, ...base });
}

const sideFile = ({ bag }: Capturing, { name }: StatePart): string => join(bag, 'data', 'parts', `${name}.mtree`);

/** The tree as it was walked. @throws BagFailure for paths and links that lead elsewhere */
const listed = (work: Capturing, part: StatePart): AsyncIterable<Listed> => readTree(sideFile(work, part));

const DOCUMENTS = [
  ...['deployment.json', 'history.jsonl', 'history.proof', 'identity.json', 'report.json', 'secrets.age'],
];

interface UnderWay {
  readonly documents: Promise<void>;
  readonly captured: CapturedParts;
  readonly whole: () => Promise<void>;
}

/**
 * All payload, as soon as it is there: trees while databases are still captured. Each part in the order of its tree: who
 * fetches it joins it with what is there.
 */
async function* payloadOf(work: Capturing, { documents, captured, whole }: UnderWay): AsyncGenerator<BagFile> {
  if (work.whole) {
    await documents;
    await captured.reports;
    await whole();
    yield own(work.bag, 'data/README.txt');
  }
  const [trees, databases] = [work.parts.filter(isTree), work.parts.filter((part) => !isTree(part))];
  for (const part of [...trees, ...databases]) {
    await captured.part(part);
    const path = `data/parts/${part.name}`;
    if (part.kind === 'files') {
      yield* filesOf(work.whole ? copyIntoBag(work, part, listed(work, part)) : listed(work, part), path);
      yield own(work.bag, `${path}.mtree`);
    } else {
      yield* filesOf(dumped(work, path), path);
    }
  }
  await documents;
  await captured.reports;
  for (const name of DOCUMENTS) {
    if (name !== 'history.proof' || (await isThere(join(work.bag, 'data', name)))) yield own(work.bag, `data/${name}`);
  }
}

const isTree = ({ kind }: StatePart): boolean => kind === 'files';

async function* filesOf(entries: AsyncIterable<Listed>, folder: string): AsyncGenerator<BagFile> {
  for await (const entry of entries) {
    if (entry.type !== 'file') continue;
    const { sizeBytes, sha256 } = entry;
    yield { path: `${folder}/${entry.path}`, sizeBytes, sha256 };
  }
}

function dumped({ bag, folder, site, signal }: Capturing, path: string): AsyncIterable<Listed> {
  const dump: StatePart = { name: 'dump', kind: 'files', path, leaveOut: [] };
  const at = { folder: bag, user: null, runFolder: site.runFolder };
  return listFiles(at, dump, { cacheFile: join(folder.digests, '.dump'), signal });
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function own(bag: string, path: string): Promise<BagFile> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(join(bag, path)), hash);
  const { size } = await stat(join(bag, path));
  return { path, sizeBytes: size, sha256: hash.digest('hex') };
}

/** Half of what a job's result may have. */
export const withinMessage = (report: readonly PartReport[]): CaptureResult['report'] => {
  const fits = JSON.stringify(report).length <= JOB_RESULT_LIMIT_BYTES / 2;
  return fits ? report.map((part) => ({ ...part, tables: [...part.tables], counts: { ...part.counts } })) : null;
};

async function keep(folder: MoveFolder, bag: string, captured: Captured): Promise<void> {
  await rm(folder.captured, { force: true });
  await rm(folder.bag, { recursive: true, force: true });
  await rename(bag, folder.bag);
  await syncFolder(folder.root);
  await writeDurably(folder.captured, JSON.stringify(captured));
}
