import type { AggregateState, FoldedStates, Log, StateKey } from '@freehold/log';
import { Pool } from 'pg';
import { setTimeout as wait } from 'node:timers/promises';
import type { DatabaseOptions } from '../orm.js';
import type { RunnerLogger } from '../runner-options.js';
import { DatabaseCircuit } from './database-circuit.js';
import type { KeptState } from './kept-state.js';
import { StateTable } from './state-table.js';

/**
 * Folded states in a context's PostgreSQL schema, written by whoever folded them: the aggregate store after an append or a
 * walk. No view: each row stands for itself, and the store compares it with the log, so there is no bookmark, no order and no
 * rebuild (docs/adr, 0035).
 *
 *     append, walk ─► keep ─► waiting, one to an aggregate ─ a moment later ─► one statement for up to 500 of them
 *     load ─► find: waiting, else the row, else none
 *
 * Invariants: `keep` never waits; `find` waits for a database that does not answer at most `boundMs`, and once in a while
 * only. On a crash those that wait are lost, and folded again when they are asked for. Tables that are gone are made again.
 */
interface PostgresStatesOptions {
  log: Log;
  connection: DatabaseOptions;
  logger: RunnerLogger;
  /** The longest that a load waits for a row. Default 250. */
  boundMs?: number;
  /** For how long nobody asks after a failure. Default 5000. */
  pauseMs?: number;
}

const GATHER_MS = 50;
const MOST_AT_ONCE = 500;
const MOST_WAITING = 10_000;
const WRITE_BOUND_MS = 5_000;

export class PostgresStates implements FoldedStates {
  readonly #log: Log;
  readonly #boundMs: number;
  readonly #pool: Pool;
  readonly #table: StateTable;
  readonly #circuit: DatabaseCircuit;
  readonly #waiting = new Map<string, KeptState>();
  #opened: Promise<void> | null = null;
  #writing: Promise<void> | null = null;

  constructor({ log, connection, logger, boundMs = 250, pauseMs = 5_000 }: PostgresStatesOptions) {
    const { schema, ...server } = connection;
    this.#log = log;
    this.#boundMs = boundMs;
    // Of its own: a command never waits for a query of the views. A row takes 0.2 ms, so two connections are many.
    this.#pool = new Pool({
      ...server,
      max: 2,
      idleTimeoutMillis: 10_000,
      connectionTimeoutMillis: WRITE_BOUND_MS,
      query_timeout: WRITE_BOUND_MS,
      options: '-c synchronous_commit=off',
    });
    // A connection that is lost while nobody uses it: the next question makes another.
    this.#pool.on('error', () => undefined);
    this.#table = new StateTable(this.#pool, schema);
    this.#circuit = new DatabaseCircuit({ pauseMs, logger });
  }

  async find(key: StateKey): Promise<AggregateState<unknown> | null> {
    const waiting = this.#waiting.get(idOf(key));
    if (waiting !== undefined) return waiting.folded;
    return this.#circuit.ask(() => this.#inTables(() => this.#table.find(key)), this.#boundMs);
  }

  keep(key: StateKey, folded: AggregateState<unknown>): void {
    this.#waiting.set(idOf(key), { key, folded });
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > MOST_WAITING && oldest !== undefined) this.#waiting.delete(oldest);
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
  }

  /** What waits is written, if the database is there. */
  async stop(): Promise<void> {
    await this.#writing;
    await this.#pool.end();
  }

  async #write(): Promise<void> {
    await wait(GATHER_MS);
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting.values()].slice(0, MOST_AT_ONCE);
      const write = async (): Promise<true> => {
        await this.#inTables(() => this.#table.write(batch));
        return true;
      };
      if ((await this.#circuit.ask(write, WRITE_BOUND_MS)) === null) return;
      for (const kept of batch) {
        if (this.#waiting.get(idOf(kept.key)) === kept) this.#waiting.delete(idOf(kept.key));
      }
    }
  }

  /** Opens the tables before the first use, and again after a failure: they may be gone. */
  async #inTables<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#opened ??= this.#table.open(() => this.#log.head());
    try {
      await this.#opened;
      return await work();
    } catch (cause) {
      this.#opened = null;
      throw cause;
    }
  }
}

const idOf = ({ subject, stateVersion }: StateKey): string => `${subject} ${stateVersion}`;
