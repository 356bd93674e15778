import { comparePositions, type Position, parsePosition } from '@freehold/kernel';
import type { AggregateState, StateKey } from '@freehold/log';
import type { Pool } from 'pg';
import { quoted, tableOf } from '../view-table.js';
import { type KeptState, rowOf, type StateRow, stateIn } from './kept-state.js';

/**
 * `aggregate_state`: a row for each subject and state version. `aggregate_state_reach`: one row, the highest position of any
 * row; when it is ahead of the log, the rows may be of another one, and go.
 */
export class StateTable {
  readonly #table: string;
  readonly #reach: string;

  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
  ) {
    this.#table = tableOf(schema, 'aggregate_state');
    this.#reach = tableOf(schema, 'aggregate_state_reach');
  }

  /** @param head asked after the reach is read, so that the log can only be further. */
  async open(head: () => Promise<Position>): Promise<void> {
    await this.#create();
    const { rows } = await this.pool.query<{ reach: Position }>(
      `select volume || ':' || sequence as reach from ${this.#reach}`,
    );
    const [found] = rows;
    if (found === undefined) return;
    if (comparePositions(found.reach, await head()) > 0)
      await this.pool.query(`truncate ${this.#table}, ${this.#reach}`);
  }

  /** Null: none, or one that cannot be read. */
  async find({ subject, stateVersion }: StateKey): Promise<AggregateState<unknown> | null> {
    const { rows } = await this.pool.query<StateRow>({
      name: 'aggregate-state',
      text: `select version, position, document from ${this.#table} where subject = $1 and state_version = $2`,
      values: [subject, stateVersion],
    });
    return rows[0] === undefined ? null : stateIn(rows[0]);
  }

  /** Replaces the rows, whichever is newer: whoever finds an older one folds the few commits since. */
  async write(states: readonly KeptState[]): Promise<void> {
    // One order for all writers, so that none of them waits for another in a circle.
    const rows = states
      .flatMap(({ key, folded }) => {
        const row = rowOf(folded);
        return row === null ? [] : [{ ...key, ...row }];
      })
      .toSorted((one, other) => (one.subject < other.subject ? -1 : 1));
    const furthest = rows
      .map(({ position }) => position)
      .toSorted(comparePositions)
      .at(-1);
    if (furthest === undefined) return;
    const { volume, sequence } = parsePosition(furthest);
    await this.pool.query({
      name: 'keep-states',
      text: `with kept as (
          insert into ${this.#table} (subject, state_version, version, position, document)
          select * from unnest($1::text[], $2::integer[], $3::integer[], $4::text[], $5::text[])
          on conflict (subject, state_version) do update
            set version = excluded.version, position = excluded.position, document = excluded.document)
        insert into ${this.#reach} as reach values (true, $6, $7)
        on conflict (one) do update set volume = excluded.volume, sequence = excluded.sequence
          where (reach.volume, reach.sequence) < (excluded.volume, excluded.sequence)`,
      values: [
        rows.map(({ subject }) => subject),
        rows.map(({ stateVersion }) => stateVersion),
        rows.map(({ version }) => version),
        rows.map(({ position }) => position),
        rows.map(({ document }) => document),
        volume,
        sequence,
      ],
    });
  }

  async #create(): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('begin');
      await client.query('select pg_advisory_xact_lock(hashtext($1))', [`freehold states ${quoted(this.schema)}`]);
      // Room in the pages, so that a row that is replaced stays in its own, and its index as it is.
      await client.query(`create table if not exists ${this.#table} (subject text, state_version integer,
        version integer not null, position text not null, document text not null,
        primary key (subject, state_version)) with (fillfactor = 80)`);
      await client.query(`create table if not exists ${this.#reach} (one boolean primary key check (one),
        volume integer not null, sequence bigint not null)`);
      await client.query('commit');
    } catch (cause) {
      client.release(true);
      throw cause;
    }
    client.release();
  }
}
