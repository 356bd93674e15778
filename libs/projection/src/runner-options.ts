import type { Position } from '@freehold/kernel';
import type { Log } from '@freehold/log';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { BuildEdition } from './edition-build.js';
import type { BuildProgress } from './edition-builder.js';
import type { View } from './view-entity.js';

/** As pino has it. */
export interface RunnerLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * `starting`: has not seen the rows yet · `rebuilding`: there are none to answer from, they are built from the log ·
 * `following`, and `rebuild`: how far others are that will replace them · `paused`: database or log are away, goes on by
 * itself · `stopped`: by `stop`, or at a commit that cannot be read; stays so until the next start.
 */
export type RunnerState =
  | { kind: 'starting' }
  | ({ kind: 'rebuilding' } & BuildProgress)
  | { kind: 'following'; position: Position; rebuild?: BuildProgress }
  | { kind: 'paused'; position: Position; reason: string }
  | { kind: 'stopped'; position: Position; reason: string };

export interface ProjectionRunnerOptions {
  log: Log;
  /** Of `ormFor`, with the same views. One runner to a schema. */
  orm: MikroORM;
  views: readonly View[];
  /** For the log of what happens. */
  name: string;
  /** Most commits in one transaction. Default 1000. */
  batchSize?: number;
  /** Most rows in memory while they are built in bulk. Default 20,000. */
  rowsInMemory?: number;
  /** How often the rows' position is looked at when nothing comes. Default 5000. */
  idleMs?: number;
  /** The longest pause between two attempts. Default 5000. */
  longestPauseMs?: number;
  /** Where editions are built. Default: here, `buildEdition`. */
  buildEdition?: BuildEdition;
  logger: RunnerLogger;
}
