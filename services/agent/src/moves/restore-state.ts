import { type ApplicationPackage, countsOf } from '@freehold/application-package';
import { PartReport, type RestoreResult } from '@freehold/deployment-contract';
import { compareReports, reportPart, restorePartReported, type Site, type StatePart } from '@freehold/state-parts';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Environment } from '../backend/runtime-backend.js';
import { environmentSpec } from '../reconciler/configure.js';
import { withinMessage } from './capture-state.js';
import { runPackageHook } from './hooks.js';
import { type MoveFolder, withRunFolder } from './move-folders.js';
import { atRest } from './at-rest.js';
import { bagUnreadable } from './move-failures.js';
import { type MoveGround, type MoveJob, withClient } from './move-work.js';
import { place, takeBack } from './place-parts.js';
import { workTeller } from './progress.js';
import { type AnnouncedBag, readSmall, receiveAnnounced } from './receive-bag.js';
import { siteOf } from './state-at-hand.js';
import { syncFileSystem } from './sync-file-system.js';
import { together } from './together.js';
import type { TransferClient } from './transfer-client.js';

type RestoreJob = MoveJob<'restore-state'>;

const DIFFERENCES = 200;

/**
 * Fetches the sealed rest, hands the documents over, and puts the state in place where nothing runs: files by a rename,
 * databases from their dumps. What is there afterwards is counted and compared with the bag's report; differences are the
 * result's, not a failure. A repeat takes back what was placed, checks it against the bag and fetches what differs.
 */
export async function restoreState(ground: MoveGround, job: RestoreJob): Promise<RestoreResult> {
  const { work } = job;
  const folder = await ground.folders.make(work.move);
  await mkdir(folder.staged, { recursive: true, mode: 0o700 });
  const { app } = await ground.hands.packages.get(work.digest);
  const filesParts = app.description.state.filter(({ kind }) => kind === 'files');
  await atRest(ground, job.job, async () => {
    const environment = await ground.state.environment(job.job.environment);
    await takeBack(folder, environment, filesParts);
  });
  return withClient(ground, job, async (client, fetching) => {
    await using bag = await receiveAnnounced({ ground, job: fetching, client, folder, app });
    await bag.fetchDatabases(fetching.signal);
    const isMade = (await ground.state.environment(job.job.environment)) !== null;
    if (!isMade) await bag.fetchTrees(fetching.signal);
    const work = { ground, job: fetching, folder, app, bag, client, treesAreHere: !isMade };
    return await atRest(ground, job.job, () => putInPlace(work));
  });
}

interface Placing {
  readonly ground: MoveGround;
  readonly job: RestoreJob;
  readonly folder: MoveFolder;
  readonly app: ApplicationPackage;
  readonly bag: AnnouncedBag;
  readonly client: TransferClient;
  /** They come while databases are restored, unless the environment is still to be made: only for a bag that was checked whole. */
  readonly treesAreHere: boolean;
}

async function putInPlace(work: Placing): Promise<RestoreResult> {
  const { ground, job, bag, app, folder } = work;
  const before = await reportOf(folder);
  const spec = environmentSpec(app, job.job.environment, job.work.amounts);
  const environment = await ground.hands.backend.create(spec);
  const { report, afterRestore } = await withRunFolder(async (runFolder) => {
    const site = { ...siteOf(environment), runFolder };
    const report = await restoreParts(work, environment, site);
    const afterRestore = await runAfterRestore(work);
    return { report: afterRestore === 'done' ? await reportParts(work, site) : report, afterRestore };
  });
  await ground.folders.keepHistory(job.job.environment, folder);
  await syncFileSystem(environment.folder);
  const differences = compareReports(before, report).slice(0, DIFFERENCES);
  const { identity, history, came } = bag;
  return {
    ...{ report: withinMessage(report), differences, identity, history, afterRestore },
    ...{ fetchedFiles: came.files, fetchedBytes: came.bytes },
  };
}

/** Trees and databases at the same time; databases are here. */
async function restoreParts(work: Placing, environment: Environment, site: Site) {
  const { bag, client, job, folder, treesAreHere } = work;
  const reports = new Map<string, Awaited<ReturnType<typeof restoreOne>>>();
  const failing = new AbortController();
  const signal = AbortSignal.any([job.signal, failing.signal]);
  const restoreAll = async (parts: readonly StatePart[]) => {
    for (const part of parts) reports.set(part.name, await restoreOne({ ...work, signal }, part, site));
  };
  const trees = bag.parts.filter(({ kind }) => kind === 'files');
  await together(failing, [
    () => restoreAll(bag.parts.filter(({ kind }) => kind !== 'files')),
    async () => {
      if (!treesAreHere) await bag.fetchTrees(signal);
      await client.rest();
      await handOver(work);
      for (const part of trees) await place(folder, environment, part);
      await restoreAll(trees);
    },
  ]);
  return bag.parts.flatMap(({ name }) => reports.get(name) ?? []);
}

/** The documents, once all that the bag names is here. */
async function handOver({ ground, job, bag, client }: Placing): Promise<void> {
  const { operator, deployment, id } = job.job;
  const { document, secrets } = bag;
  await client.patiently(() => ground.ask.receive(id, { operator, deployment, document, secrets }));
}

function restoreOne(
  { app, folder, job, signal }: Placing & { readonly signal: AbortSignal },
  part: StatePart,
  site: Site,
) {
  const onProgress = workTeller(`restores: ${part.name}`, job.tell);
  const options = { cacheFile: join(folder.digests, part.name), signal, onProgress };
  const from = join(folder.received, 'data', 'parts', part.name);
  return restorePartReported({ site, part, from, counts: countsOf(app, part), options });
}

/** Digests of files are those of what was staged, read from the disk there, as long as nothing has touched them since. */
async function reportParts({ bag, app, job, folder }: Placing, site: Site) {
  const reports = [];
  for (const part of bag.parts) {
    const onProgress = workTeller(`compares: ${part.name}`, job.tell);
    const options = { cacheFile: join(folder.digests, part.name), signal: job.signal, onProgress };
    reports.push(await reportPart(site, part, countsOf(app, part), options));
  }
  return reports;
}

async function reportOf({ received }: MoveFolder): Promise<PartReport[]> {
  const report = z.array(PartReport).safeParse(JSON.parse(await readSmall(received, 'data/report.json')));
  if (!report.success) throw bagUnreadable('data/report.json cannot be read');
  return report.data;
}

/** A hook that needs a configuration, or the application running, is due later. */
async function runAfterRestore({ ground, job, app }: Placing): Promise<RestoreResult['afterRestore']> {
  const hook = app.description.hooks['after-restore'];
  if (hook === undefined) return 'none';
  const desired = ground.reconciler.lane(job.job.environment)?.desired;
  if (hook.when !== 'before-start' || desired === undefined || desired.digest === null) return 'due';
  await runPackageHook(ground.hands, desired, 'after-restore');
  return 'done';
}
