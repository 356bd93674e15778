import type { Position } from '@freehold/kernel';
import type { Log } from '@freehold/log';
import {
  type BuildEdition,
  ormFor,
  type ProjectionRunner,
  projectionRunner,
  type View,
  viewQueries,
} from '@freehold/projection';
import type { MikroORM } from '@mikro-orm/postgresql';
import { log as logger } from '../logging/logging.js';
import type { Health } from '../service/health.js';
import { type ContextConfiguration, databaseOf } from './context-configuration.js';

const WAIT_FOR_POSITION_MS = 10_000;

/**
 * The read models of a context: they follow the log in the background, whether PostgreSQL is there or not. Commands
 * never ask them; queries are refused (503) while they are away or being built.
 */
export class Views {
  readonly #orm: MikroORM;
  readonly runner: ProjectionRunner;

  private constructor(orm: MikroORM, runner: ProjectionRunner) {
    this.#orm = orm;
    this.runner = runner;
  }

  static async open(options: {
    name: string;
    log: Log;
    config: ContextConfiguration;
    views: readonly View[];
    buildEdition?: BuildEdition | undefined;
  }): Promise<Views> {
    const { name, log, config, views, buildEdition } = options;
    const orm = ormFor({ connection: await databaseOf(config), views });
    const elsewhere = buildEdition === undefined ? {} : { buildEdition };
    return new Views(orm, projectionRunner({ ...elsewhere, log, orm, views, name, logger: logger() }));
  }

  start(): void {
    this.runner.start();
  }

  async stop(): Promise<void> {
    await this.runner.stop();
    await this.#orm.close(true);
  }

  of<Row extends { id: string }, Column extends string>(view: View<Row, Column>) {
    return viewQueries(this.runner, view);
  }

  /** Resolves when the rows contain the commit at `position`; null: at once. */
  async reach(position: Position | null): Promise<void> {
    if (position !== null) await this.runner.waitFor(position, { timeoutMs: WAIT_FOR_POSITION_MS });
  }

  health(): Health {
    const state = this.runner.state();
    const status = state.kind === 'following' ? 'up' : state.kind === 'stopped' ? 'down' : 'degraded';
    return { status, details: { ...state } };
  }
}
