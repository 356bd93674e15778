import { filesAdapter } from './files/files.adapter.js';
import { mysqlAdapter } from './mysql/mysql.adapter.js';
import { postgresAdapter } from './postgres/postgres.adapter.js';
import { redisAdapter } from './redis/redis.adapter.js';
import { sqliteAdapter } from './sqlite/sqlite.adapter.js';
import type {
  CountDeclaration,
  PartReport,
  ReportOptions,
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
