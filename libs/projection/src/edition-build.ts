/**
 * Building an edition of the read models beside the one that serves, in one transaction of a connection of its own:
 *
 *     lock ─► tables without indexes ─► fold the log, in bulk ─► indexes ─► catch up ─► hold the serving edition
 *          ─► fold up to where that one is ─► the new one serves ─► commit
 *
 * Until the commit nobody sees any of it, and a crash at any moment leaves nothing but the edition that served. The lock goes
 * with the transaction, so that one of several replicas builds. With `wal_level = minimal` PostgreSQL does not even log the
 * rows, since the tables are of the same transaction. (What PostgreSQL itself leaves of an open transaction when it is
 * killed are files without a table; it does not remove them, dropping the database does.)
 */
import { comparePositions, type Position } from '@freehold/kernel';
import type { Log, RawCommit } from '@freehold/log';
import pg from 'pg';
import { BuildSession } from './build-session.js';
import { BulkRows } from './bulk-rows.js';
import { fanOut, type KeyedEvent } from './fold.js';
import { editionStatements, editionTable, START, type ViewSchema } from './view-schema.js';
import { quoted, tableOf } from './view-table.js';

export interface EditionBuild {
  views: Omit<ViewSchema, 'orm'>;
  connection: pg.ClientConfig;
  log: Log;
  signal: AbortSignal;
  /** Builds although an edition of these views serves, unless that has another number: somebody was quicker. */
  replacing: number | null;
  /** Rows in memory before they are written. */
  rowsInMemory: number;
  /** Told how far it is. */
  onPosition(position: Position): void;
}

/** `busy`: another replica builds · `superseded`: there is another edition already, nothing was done. */
export type BuildOutcome = 'built' | 'busy' | 'superseded';

/** Between two passes over what was appended meanwhile, before the serving edition is held. */
const FEW_COMMITS = 1_000;

/** How an edition is built: in this thread by `buildEdition`, or elsewhere. */
export type BuildEdition = (build: EditionBuild) => Promise<BuildOutcome>;

/** @throws ProjectionFailed, UnreadableCommit, LogUnavailable, or what the database says; then nothing has changed. */
export async function buildEdition(build: EditionBuild): Promise<BuildOutcome> {
  const client = new pg.Client(build.connection);
  client.on('error', () => undefined); // told by the query that is under way
  const end = (): void => void client.end().catch(() => undefined);
  build.signal.addEventListener('abort', end);
  try {
    build.signal.throwIfAborted();
    await client.connect();
    return await inOneTransaction(new BuildSession(client), build);
  } finally {
    build.signal.removeEventListener('abort', end);
    end();
  }
}

async function inOneTransaction(session: BuildSession, build: EditionBuild): Promise<BuildOutcome> {
  const { schema, signature, views } = build.views;
  const editions = tableOf(schema, 'edition');
  await session.query(`begin; ${SETTINGS.map((setting) => `set local ${setting};`).join(' ')}`);
  const lock = await session.query<{ locked: boolean }>('select pg_try_advisory_xact_lock(hashtext($1)) as locked', [
    `freehold edition ${schema}`,
  ]);
  if (lock[0]?.locked !== true) return 'busy';
  await makeEditions(session, build.views);
  const before = await session.query<{ number: number; signature: string }>(
    `select number, signature from ${editions} where serving`,
  );
  const [serving] = before;
  if (serving !== undefined && serving.signature === signature && serving.number !== build.replacing)
    return 'superseded';

  const next = await session.query<{ number: number }>(
    `select coalesce(max(number), 0) + 1 as number from ${editions}`,
  );
  const number = next[0]?.number ?? 1;
  const { tables, indexes } = editionStatements(build.views, number);
  for (const sql of tables) await session.query(sql);
  const pass = new Pass(session, build, number);
  await pass.foldUpTo(await build.log.head());
  await pass.finish();
  for (const sql of indexes) await session.query(sql);
  await pass.catchUp();

  const held = await session.query<{ position: Position }>(`select position from ${editions} where serving for update`);
  await pass.foldUpTo(held[0]?.position ?? START);
  await session.query(`update ${editions} set serving = false where serving`);
  const names = views.map((view) => editionTable(view, number));
  await session.query(
    `insert into ${editions} (number, tables, signature, position, serving, outdated) values ($1, $2, $3, $4, true, false)`,
    [number, JSON.stringify(names), signature, pass.position],
  );
  await session.query('commit');
  return 'built';
}

/** For this transaction: bulk work is worth some memory, and ends when the client is gone. */
const SETTINGS = [
  `synchronous_commit = off`,
  `maintenance_work_mem = '128MB'`,
  `client_connection_check_interval = '2s'`,
];

/** The schema and the table of editions, where they are missing. */
async function makeEditions(
  session: BuildSession,
  { schema, views, statements }: EditionBuild['views'],
): Promise<void> {
  const found = await session.query<{ schema: boolean; editions: boolean }>(
    'select to_regnamespace($1) is not null as schema, to_regclass($2) is not null as editions',
    [quoted(schema), tableOf(schema, 'edition')],
  );
  if (found[0]?.schema !== true) await session.query(`create schema ${quoted(schema)}`);
  if (found[0]?.editions === true) return;
  const table = tableOf(schema, 'edition');
  for (const sql of statements.filter((each) => each.startsWith(`create table ${table} (`))) await session.query(sql);
  // Of programs before there were editions.
  const earlier = ['bookmark', ...views.map((view) => view.table)].map((name) => tableOf(schema, name));
  await session.query(`drop table if exists ${earlier.join(', ')}`);
}

/** One pass over the log that feeds all views of an edition. */
class Pass {
  position: Position = START;
  readonly #rows: readonly BulkRows[];
  readonly #eventsFor: ReturnType<typeof fanOut>;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(
    session: BuildSession,
    private readonly build: EditionBuild,
    number: number,
  ) {
    const { schema, views } = build.views;
    this.#eventsFor = fanOut(views.map(({ projection }) => projection));
    this.#rows = views.map((view) => new BulkRows(session, view, tableOf(schema, editionTable(view, number))));
  }

  /** Returns how many commits that were. */
  async foldUpTo(to: Position): Promise<number> {
    if (comparePositions(this.position, to) >= 0) return 0;
    let count = 0;
    const { log, signal, onPosition, rowsInMemory } = this.build;
    for await (const batch of log.rangeBatches(this.position, to)) {
      signal.throwIfAborted();
      await this.#fold(batch);
      this.position = batch.at(-1)?.position ?? this.position;
      count += batch.length;
      if (this.#rows.reduce((sum, { size }) => sum + size, 0) >= rowsInMemory) await this.#write();
      onPosition(this.position);
    }
    signal.throwIfAborted();
    await this.#write();
    await this.#writing;
    return count;
  }

  /** Until little is left. */
  async catchUp(): Promise<void> {
    while ((await this.foldUpTo(await this.build.log.head())) >= FEW_COMMITS);
  }

  async finish(): Promise<void> {
    for (const rows of this.#rows) await rows.finish();
  }

  async #fold(chunk: readonly RawCommit[]): Promise<void> {
    const events = this.#rows.map((): KeyedEvent[] => []);
    for (const stored of chunk) {
      for (const fanned of this.#eventsFor(stored)) events[fanned.index]?.push(...fanned.events);
    }
    for (const [index, rows] of this.#rows.entries()) await rows.fold(events[index] ?? []);
  }

  /** The next rows are folded while these are on their way. */
  async #write(): Promise<void> {
    await this.#writing;
    const writing = Promise.all(this.#rows.map((rows) => rows.write()));
    writing.catch(() => undefined); // told by the next wait
    this.#writing = writing;
  }
}
