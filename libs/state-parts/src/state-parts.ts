import { filesAdapter } from './files/files.adapter.js';
import { mysqlAdapter } from './mysql/mysql.adapter.js';
import { postgresAdapter } from './postgres/postgres.adapter.js';
import { redisAdapter } from './redis/redis.adapter.js';
import { sqliteAdapter } from './sqlite/sqlite.adapter.js';
import type {
  CaptureJob,
  CountDeclaration,
  PartReport,
  ReportOptions,
  RestoreJob,
  RestoreOptions,
  Site,
  StateAdapter,
  StateKind,
  StatePart,
  Tools,
  WorkOptions,
} from './state-part.js';

const ADAPTERS: Readonly<Record<StateKind, StateAdapter>> = {
  files: filesAdapter,
  sqlite: sqliteAdapter,
  postgres: postgresAdapter,
  mysql: mysqlAdapter,
  redis: redisAdapter,
};

/**
 * Databases: dumps the part into `into`, a folder of ours that is there and empty, and answers the files that it wrote,
 * relative to it. Kind `files` writes nothing and answers []: its tree is read where it lies (`listFiles`).
 */
export function capturePart(site: Site, part: StatePart, into: string, options: WorkOptions = {}): Promise<string[]> {
  return ADAPTERS[part.kind].capture(site, part, into, options);
}

/**
 * Databases: from the files of `capturePart` in `from` into place; the engine's own folder is made afresh beside the old
 * one and swapped in whole. Kind `files`: makes the tree what `${from}.mtree` says, with files that are in place already
 * or lie in `from`; what is not listed is removed, what is left out stays. Repeating it after a crash is harmless.
 */
export function restorePart(site: Site, part: StatePart, from: string, options: RestoreOptions = {}): Promise<void> {
  return ADAPTERS[part.kind].restore(site, part, from, options);
}

/** As `capturePart` and then `reportPart`, both of the same state. */
export async function capturePartReported(job: CaptureJob): Promise<PartReport> {
  const { site, part, into, counts, options } = job;
  const adapter = ADAPTERS[part.kind];
  if (adapter.captureReported !== undefined) return adapter.captureReported(job);
  await adapter.capture(site, part, into, options);
  return adapter.report({ site, part, counts, options });
}

/** As `restorePart` and then `reportPart`. */
export async function restorePartReported(job: RestoreJob): Promise<PartReport> {
  const { site, part, from, counts, options } = job;
  const adapter = ADAPTERS[part.kind];
  if (adapter.restoreReported !== undefined) return adapter.restoreReported(job);
  await adapter.restore(site, part, from, options);
  return adapter.report({ site, part, counts, options });
}

/**
 * Databases: copies the part while its application runs, as of one moment, into an empty folder of ours. Answers the files
 * that a later capture with this `base` will have again; null: this part cannot be copied ahead.
 */
export async function copyAhead(
  site: Site,
  part: StatePart,
  into: string,
  options: WorkOptions = {},
): Promise<string[] | null> {
  return (await ADAPTERS[part.kind].ahead?.copy(site, part, into, options)) ?? null;
}

/** Restores a copy that was taken ahead beside what is in place; `restorePart` from the same dump goes on with it. */
export async function makeReady(site: Site, part: StatePart, from: string, options: WorkOptions = {}): Promise<void> {
  await ADAPTERS[part.kind].ahead?.makeReady(site, part, from, options);
}

/** Has the application's own server write down what it holds in memory, so that it has little to do when it is stopped. */
export async function settle(site: Site, part: StatePart, options: WorkOptions = {}): Promise<void> {
  await ADAPTERS[part.kind].ahead?.settle(site, part, options);
}

/** Rows, digests and declared counts of a part at rest. What is left out is not part of it. */
export function reportPart(
  site: Site,
  part: StatePart,
  counts: readonly CountDeclaration[],
  options: ReportOptions = {},
): Promise<PartReport> {
  return ADAPTERS[part.kind].report({ site, part, counts, options });
}

/** Whether this machine can work on this kind of state. */
export function toolsFor(kind: StateKind): Promise<Tools> {
  return ADAPTERS[kind].tools();
}
