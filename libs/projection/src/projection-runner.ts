import { comparePositions, type Position } from '@freehold/kernel';
import { type Log, UnreadableCommit } from '@freehold/log';
import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import { setTimeout as wait } from 'node:timers/promises';
import { batchesOf } from './batches.js';
import { isDatabaseAway, isDataFailure } from './database-failure.js';
import { PositionWaiters } from './position-waiters.js';
import { ProjectionFailed, ViewsUnavailable } from './projection.errors.js';
import { inTransaction } from './transaction.js';
import type { View } from './view-entity.js';
import {
  type Bookmark,
  createTables,
  emptyTables,
  findBookmark,
  readBookmark,
  START,
  type ViewSchema,
  viewSchema,
} from './view-schema.js';
import { writeBatch } from './write-batch.js';

/** As pino has it. */
export interface RunnerLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * `starting`: has not seen its bookmark yet · `rebuilding`: fills empty tables up to `target`, queries are refused ·
 * `following` · `paused`: database or log are away, goes on by itself · `stopped`: by `stop`, or at a commit that
 * cannot be read; stays so until the next start.
 */
export type RunnerState =
  | { kind: 'starting' }
  | { kind: 'rebuilding'; position: Position; target: Position }
  | { kind: 'following'; position: Position }
  | { kind: 'paused'; position: Position; reason: string }
  | { kind: 'stopped'; position: Position; reason: string };

export interface ProjectionRunnerOptions {
  log: Log;
  /** Of `ormFor`, with the same views. One runner to a schema. */
  orm: MikroORM;
  views: readonly View[];
  /** Of the bookmark. */
  name: string;
  /** Most commits in one transaction. Default 1000. */
  batchSize?: number;
  /** How often the bookmark is looked at when nothing comes. Default 5000. */
  idleMs?: number;
  /** The longest pause between two attempts. Default 5000. */
  longestPauseMs?: number;
  logger: RunnerLogger;
}

/** What queries are asked through: one snapshot, and where it stands in the log. */
export interface ViewSource {
  readonly schema: string;
  /** @throws ViewsUnavailable while the database is away, empty or being filled. */
  query<Result>(work: (em: EntityManager, position: Position) => Promise<Result>): Promise<Result>;
}

const FIRST_PAUSE_MS = 50;

/** Follows the log into the tables of its views. Several on one bookmark keep the rows right; one of them writes each batch. */
export class ProjectionRunner implements ViewSource {
  readonly schema: string;
  readonly #options: Required<ProjectionRunnerOptions>;
  readonly #waiters = new PositionWaiters(START);
  #state: RunnerState = { kind: 'starting' };
  #tables: ViewSchema | null = null;
  #mayReplace = true;
  #stopping: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();
  #turn = new AbortController();

  constructor(options: ProjectionRunnerOptions) {
    this.#options = { batchSize: 1000, idleMs: 5000, longestPauseMs: 5000, ...options };
    this.schema = options.orm.config.get('schema') ?? 'public';
  }

  /** Begins to follow, in the background, whether the database is there or not. */
  start(): void {
    if (this.#stopping !== null) return;
    const stopping = new AbortController();
    this.#stopping = stopping;
    this.#state = { kind: 'starting' };
    this.#running = this.#run(stopping.signal);
  }

  /** Ends after the transaction that is under way. */
  async stop(): Promise<void> {
    this.#stopping?.abort();
    this.#turn.abort();
    await this.#running;
    this.#stopping = null;
    if (this.#state.kind !== 'stopped') this.#stopped('it was told to stop');
  }

  state(): RunnerState {
    return this.#state;
  }

  /** The last commit that the rows contain. */
  position(): Position {
    return this.#waiters.reached;
  }

  /**
   * Read your writes: resolves when the rows contain the commit at `position`.
   *
   * @throws TimedOut, or ViewsUnavailable when the runner has stopped or the database is away.
   */
  async waitFor(position: Position, { timeoutMs }: { timeoutMs: number }): Promise<void> {
    if (comparePositions(position, this.position()) <= 0) return;
    if (this.#state.kind === 'stopped') throw new ViewsUnavailable(this.#state.reason);
    await this.#waiters.wait(position, timeoutMs);
  }

  /**
   * Empties the rows and builds them again from the log; queries are refused until then.
   *
   * @returns the position that `waitFor` reaches when they are complete.
   * @throws ViewsUnavailable when the database is away: the rebuild has not begun.
   */
  async rebuild(): Promise<Position> {
    const target = await this.#options.log.head();
    try {
      await emptyTables(await this.#views(), target);
    } catch (cause) {
      throw this.#unavailable(cause);
    }
    this.#moveTo({ position: START, target });
    this.#turn.abort();
    this.start();
    return target;
  }

  async query<Result>(work: (em: EntityManager, position: Position) => Promise<Result>): Promise<Result> {
    try {
      const views = await this.#views();
      const inSnapshot = async (em: EntityManager): Promise<Result> => {
        const bookmark = await readBookmark(em, views);
        if (bookmark?.signature !== views.signature) throw new ViewsUnavailable('their tables are not made yet');
        const { position, target } = bookmark;
        if (comparePositions(position, target) < 0) {
          throw new ViewsUnavailable(`they are being built from the log and stand at ${position} of ${target}`);
        }
        return work(em, position);
      };
      return await inTransaction(this.#options.orm, inSnapshot, { snapshot: true });
    } catch (cause) {
      if (!isDatabaseAway(cause)) throw cause;
      this.#turn.abort();
      throw this.#unavailable(cause);
    }
  }

  async #run(stop: AbortSignal): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!stop.aborted) {
      const before = this.position();
      try {
        await this.#follow(stop);
        pauseMs = FIRST_PAUSE_MS;
      } catch (failure) {
        if (stop.aborted) return;
        if (isFinal(failure)) return this.#stopped(reasonOf(failure), failure);
        if (this.position() !== before) pauseMs = FIRST_PAUSE_MS;
        this.#paused(reasonOf(failure), failure);
        await wait(pauseMs, undefined, { signal: stop }).catch(() => undefined);
        pauseMs = Math.min(pauseMs * 2, this.#options.longestPauseMs);
      }
    }
  }

  /** From the bookmark on, until it is moved by another, or by a rebuild, or something fails. */
  async #follow(stop: AbortSignal): Promise<void> {
    const turn = new AbortController();
    this.#turn = turn;
    const signal = AbortSignal.any([stop, turn.signal]);
    try {
      const views = await this.#views();
      const bookmark = await this.#open(views);
      if (!signal.aborted) await this.#followFrom(bookmark, views, signal);
    } catch (failure) {
      if (!signal.aborted) throw failure;
    } finally {
      turn.abort();
    }
  }

  async #followFrom({ position: first, target }: Bookmark, views: ViewSchema, signal: AbortSignal): Promise<void> {
    const { log, batchSize, idleMs, orm } = this.#options;
    let position = first;
    this.#moveTo({ position, target });
    for await (const batch of batchesOf(log.follow(position, { signal }), { size: batchSize, idleMs })) {
      if (signal.aborted) return;
      if (batch === null) {
        const current = await findBookmark(orm.em.fork(), views);
        if (current?.position !== position || current.signature !== views.signature) return;
        continue;
      }
      const written = await writeBatch(views, batch, position);
      if (!written || signal.aborted) return;
      position = batch.at(-1)?.position ?? position;
      this.#moveTo({ position, target });
    }
    if (!signal.aborted) throw new Error('the log ended, which it never does');
  }

  /** The bookmark, made with its tables when they are missing, of another version, or ahead of the log. */
  async #open(views: ViewSchema): Promise<Bookmark> {
    const { log, orm, logger, name } = this.#options;
    const found = await findBookmark(orm.em.fork(), views);
    const head = await log.head();
    if (found !== null && found.signature !== views.signature && !this.#mayReplace) throw new Replaced(name);
    if (found === null || found.signature !== views.signature) {
      logger.info({ runner: name, head }, 'The views are built from the log');
      const made = await createTables(views, head);
      this.#mayReplace = false;
      return made;
    }
    this.#mayReplace = false;
    if (comparePositions(found.position, head) <= 0) return found;
    logger.warn(
      { runner: name, head, bookmark: found.position },
      'The bookmark is ahead of the log: the views are built again',
    );
    await emptyTables(views, head);
    return { ...found, position: START, target: head };
  }

  async #views(): Promise<ViewSchema> {
    const { orm, name, views } = this.#options;
    this.#tables ??= await viewSchema(orm, name, views);
    return this.#tables;
  }

  #moveTo({ position, target }: { position: Position; target: Position }): void {
    const complete = comparePositions(position, target) >= 0;
    this.#state = complete ? { kind: 'following', position } : { kind: 'rebuilding', position, target };
    this.#waiters.moveTo(position);
  }

  #paused(reason: string, failure: unknown): void {
    if (this.#state.kind !== 'paused') {
      this.#options.logger.warn({ runner: this.#options.name, err: failure }, 'The views wait');
    }
    this.#state = { kind: 'paused', position: this.position(), reason };
    this.#waiters.pause(reason);
  }

  #stopped(reason: string, failure?: unknown): void {
    this.#state = { kind: 'stopped', position: this.position(), reason };
    this.#stopping = null;
    this.#waiters.fail(new ViewsUnavailable(reason, failure === undefined ? {} : { cause: failure }));
    if (failure !== undefined) {
      this.#options.logger.error({ runner: this.#options.name, err: failure }, 'The views have stopped');
    }
  }

  #unavailable(cause: unknown): ViewsUnavailable {
    return new ViewsUnavailable('their database does not answer', { cause });
  }
}

/** A newer program has made the tables anew: this one must not take them back. */
class Replaced extends Error {
  constructor(name: string) {
    super(`another version of the program has made the tables of "${name}" anew; stop this one`);
    this.name = new.target.name;
  }
}

/** What another attempt would not change. Everything else is tried again, visibly. */
const isFinal = (failure: unknown): boolean =>
  failure instanceof ProjectionFailed ||
  failure instanceof UnreadableCommit ||
  failure instanceof Replaced ||
  isDataFailure(failure);

const reasonOf = (failure: unknown): string => {
  if (!(failure instanceof Error)) return String(failure);
  const { cause } = failure;
  return cause instanceof Error && failure instanceof ProjectionFailed
    ? `${failure.message}: ${cause.message}`
    : failure.message;
};

export const projectionRunner = (options: ProjectionRunnerOptions): ProjectionRunner => new ProjectionRunner(options);
