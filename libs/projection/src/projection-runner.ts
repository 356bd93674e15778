import { comparePositions, type Position } from '@freehold/kernel';
import type { EntityManager } from '@mikro-orm/postgresql';
import { setTimeout as wait } from 'node:timers/promises';
import { batchesOf } from './batches.js';
import { isDatabaseAway } from './database-failure.js';
import { dropRetiredEditions, type Edition, markOutdated, openEdition, retireEdition } from './edition.js';
import { buildEdition } from './edition-build.js';
import { EditionBuilder } from './edition-builder.js';
import { connectionOf } from './orm.js';
import { PositionWaiters } from './position-waiters.js';
import { ViewsUnavailable } from './projection.errors.js';
import { isFinal, reasonOf, Replaced } from './runner-failure.js';
import type { ProjectionRunnerOptions, RunnerState } from './runner-options.js';
import { START, type ViewSchema, viewSchema } from './view-schema.js';
import { inSnapshot, type ViewSnapshot, type ViewSource } from './view-source.js';
import { writeBatch } from './write-batch.js';

const FIRST_PAUSE_MS = 50;
/** Between two looks whether another replica has built the first rows. */
const BUSY_MS = 250;

/** Follows the log into the tables of its views. Several on one schema keep the rows right; one of them writes each batch. */
export class ProjectionRunner implements ViewSource {
  readonly schema: string;
  readonly #options: Required<ProjectionRunnerOptions>;
  readonly #waiters = new PositionWaiters(START);
  readonly #builder: EditionBuilder;
  #state: RunnerState = { kind: 'starting' };
  #tables: ViewSchema | null = null;
  #mayReplace = true;
  /** Of the edition that is followed. */
  #serving = 0;
  #opened = Promise.withResolvers<void>();
  /** An edition whose replacement failed for good: not tried again until somebody asks, or the next start. */
  #irreplaceable: { number: number; failure: ViewsUnavailable } | null = null;
  #stopping: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();
  #turn = new AbortController();

  constructor(options: ProjectionRunnerOptions) {
    const defaults = { batchSize: 1000, rowsInMemory: 20_000, idleMs: 5000, longestPauseMs: 5000, buildEdition };
    this.#options = { ...defaults, ...options };
    this.schema = options.orm.config.get('schema') ?? 'public';
    const { log, rowsInMemory, orm } = this.#options;
    this.#builder = new EditionBuilder(
      { log, rowsInMemory, connection: connectionOf(orm) },
      this.#options.buildEdition,
    );
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
    await this.#builder.ended();
    this.#stopping = null;
    if (this.#state.kind !== 'stopped') this.#stopped('it was told to stop');
  }

  state(): RunnerState {
    const { progress } = this.#builder;
    if (progress === null) return this.#state;
    if (this.#state.kind === 'following') return { ...this.#state, rebuild: progress };
    return this.#state.kind === 'rebuilding' ? { ...this.#state, ...progress } : this.#state;
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
   * Asks for new rows in place of those that serve, built again from the log beside them. Whoever follows here begins within
   * `idleMs`, and begins again after a crash.
   *
   * @returns the number of the edition to be replaced, for `replaced`; 0 when the first is being built.
   * @throws ViewsUnavailable when the database is away: nothing has been asked for.
   */
  async rebuild(): Promise<number> {
    try {
      const number = await markOutdated(await this.#views());
      this.#irreplaceable = null;
      return number;
    } catch (cause) {
      throw this.#unavailable(cause);
    } finally {
      this.#turn.abort();
      this.start();
    }
  }

  /**
   * Waits until a later edition than `number` serves; false when that took longer.
   *
   * @throws ViewsUnavailable when its replacement could not be built: it goes on serving.
   */
  async replaced(number: number, { timeoutMs }: { timeoutMs: number }): Promise<boolean> {
    const end = performance.now() + timeoutMs;
    for (let leftMs = timeoutMs; this.#serving <= number && leftMs > 0; leftMs = end - performance.now()) {
      if (this.#irreplaceable?.number === number) throw this.#irreplaceable.failure;
      await Promise.race([this.#opened.promise, wait(leftMs, undefined, { ref: false })]);
    }
    return this.#serving > number;
  }

  async query<Result>(work: (em: EntityManager, snapshot: ViewSnapshot) => Promise<Result>): Promise<Result> {
    try {
      return await inSnapshot(await this.#views(), work);
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
        // What these rows cannot take, those that are being built may.
        if (isFinal(failure) && !(await this.#builder.ended())) return this.#stopped(reasonOf(failure), failure);
        if (this.position() !== before) pauseMs = FIRST_PAUSE_MS;
        this.#paused(reasonOf(failure), failure);
        await wait(pauseMs, undefined, { signal: stop }).catch(() => undefined);
        pauseMs = Math.min(pauseMs * 2, this.#options.longestPauseMs);
      }
    }
  }

  /** From the rows' position on, until another moves it, other rows serve, or something fails. */
  async #follow(stop: AbortSignal): Promise<void> {
    const turn = new AbortController();
    this.#turn = turn;
    const signal = AbortSignal.any([stop, turn.signal]);
    try {
      const views = await this.#views();
      const edition = await this.#open(views);
      if (edition === null) return await this.#buildFirst(views, stop);
      if (this.#isToBeReplaced(edition)) this.#buildBeside(views, edition, stop);
      if (!signal.aborted) await this.#followFrom(edition, views, signal);
    } catch (failure) {
      if (!signal.aborted) throw failure;
    } finally {
      turn.abort();
    }
  }

  async #followFrom(opened: Edition, views: ViewSchema, signal: AbortSignal): Promise<void> {
    const { log, batchSize, idleMs } = this.#options;
    let edition = opened;
    this.#serves(edition.number);
    this.#moveTo(edition.position);
    for await (const batch of batchesOf(log.followRaw(edition.position, { signal }), { size: batchSize, idleMs })) {
      if (signal.aborted) return;
      if (batch === null) {
        const current = await this.#open(views);
        if (current?.number !== edition.number || current.position !== edition.position) return;
        if (this.#isToBeReplaced(current)) return;
        continue;
      }
      const written = await writeBatch(views, batch, edition);
      if (!written || signal.aborted) return;
      edition = { ...edition, position: batch.at(-1)?.position ?? edition.position };
      this.#moveTo(edition.position);
    }
    if (!signal.aborted) throw new Error('the log ended, which it never does');
  }

  /** The edition to follow; null when there is none, another program's, or one of another log. */
  async #open(views: ViewSchema): Promise<Edition | null> {
    const { log, orm, logger, name } = this.#options;
    const edition = await openEdition(orm.em.fork(), views);
    if (edition === null) return null;
    if (edition.signature !== views.signature) {
      if (!this.#mayReplace) throw new Replaced(name);
      return null;
    }
    this.#mayReplace = false;
    const head = await log.head();
    if (comparePositions(edition.position, head) > 0) {
      const { position } = edition;
      logger.warn({ runner: name, head, position }, 'The views are ahead of the log: they are built again');
      await retireEdition(views, edition);
      return null;
    }
    await dropRetiredEditions(views).catch((err: unknown) => {
      logger.info({ runner: name, err }, 'Replaced views are still read, and will be dropped later');
    });
    return edition;
  }

  /** Nothing serves: queries are refused until this is done. */
  async #buildFirst(views: ViewSchema, stop: AbortSignal): Promise<void> {
    const { log, logger, name } = this.#options;
    const target = await log.head();
    if (this.#state.kind !== 'rebuilding') {
      logger.info({ runner: name, head: target }, 'The views are built from the log');
    }
    this.#state = { kind: 'rebuilding', position: START, target };
    this.#waiters.moveTo(START);
    const outcome = await this.#builder.build(views, null, stop);
    if (outcome === 'busy') await wait(BUSY_MS, undefined, { signal: stop }).catch(() => undefined);
    else this.#mayReplace = false;
  }

  #isToBeReplaced({ outdated, number }: Edition): boolean {
    return outdated && this.#builder.progress === null && this.#irreplaceable?.number !== number;
  }

  #buildBeside(views: ViewSchema, { number }: Edition, stop: AbortSignal): void {
    const { logger, name } = this.#options;
    this.#builder.build(views, number, stop).then(
      (outcome) => {
        if (outcome === 'busy') return;
        logger.info({ runner: name }, 'The views were built again and replaced');
        this.#turn.abort();
      },
      (err: unknown) => {
        if (stop.aborted) return;
        if (isFinal(err)) {
          this.#irreplaceable = { number, failure: new ViewsUnavailable(reasonOf(err), { cause: err }) };
          this.#news();
        }
        logger.error({ runner: name, err }, 'The views could not be built again; the ones before go on');
      },
    );
  }

  async #views(): Promise<ViewSchema> {
    const { orm, views } = this.#options;
    this.#tables ??= await viewSchema(orm, views);
    return this.#tables;
  }

  #serves(number: number): void {
    this.#serving = number;
    this.#news();
  }

  /** For those who wait for other rows. */
  #news(): void {
    this.#opened.resolve();
    this.#opened = Promise.withResolvers();
  }

  #moveTo(position: Position): void {
    this.#state = { kind: 'following', position };
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

export const projectionRunner = (options: ProjectionRunnerOptions): ProjectionRunner => new ProjectionRunner(options);
