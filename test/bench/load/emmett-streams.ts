import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import type { Pool } from 'pg';
import { EVENT_DATA, EVENT_TYPE } from '../append/append-system.js';
import type { DurableGround } from '../append/durable-ground.js';
import { openPool } from '../append/postgres-pool.js';
import { COMMITS, uuidOf } from './population.js';

const TEMPLATE = 'deployment-template';

/** Emmett's store with as many streams of the same events, as it writes them: copies of one that it has written. */
export class EmmettStreams {
  #size = 0;

  private constructor(
    private readonly pool: Pool,
    private readonly store: ReturnType<typeof getPostgreSQLEventStore>,
  ) {}

  static async open(ground: DurableGround): Promise<EmmettStreams> {
    const connection = await ground.database('emmett');
    const { host, port, user, password, database } = connection;
    const pool = openPool(connection);
    const address = new URL(`postgresql://${user}@localhost:${port}/${database}`);
    address.password = password;
    address.searchParams.set('host', host);
    const store = getPostgreSQLEventStore(address.href, { connectionOptions: { pool } });
    await store.schema.migrate();
    const events = Array.from({ length: COMMITS }, () => ({ type: EVENT_TYPE, data: EVENT_DATA }));
    await store.appendToStream(TEMPLATE, events, { expectedStreamVersion: 0n });
    return new EmmettStreams(pool, store);
  }

  /** First events first, as the log has them. */
  async grow(to: number): Promise<void> {
    const ids = Array.from({ length: to - this.#size }, (_, n) => streamOf(this.#size + n));
    for (const [table, order] of [
      ['emt_streams', 'copied.n'],
      ['emt_messages', 't.stream_position, copied.n'],
    ] as const) {
      await this.#copy(table, { order, ids });
    }
    await this.pool.query('vacuum analyze emt_streams, emt_messages');
    this.#size = to;
  }

  /** Number of events, folded as ours are. */
  async read(index: number): Promise<number> {
    const { events } = await this.store.readStream(streamOf(index));
    return events.reduce(({ times }, { data: last }) => ({ times: times + 1, last }), {
      times: 0,
      last: {},
    }).times;
  }

  async close(): Promise<void> {
    await this.store.close();
    if (!this.pool.ended) await this.pool.end();
  }

  async #copy(table: string, { order, ids }: { order: string; ids: readonly string[] }): Promise<void> {
    const { rows } = await this.pool.query<{ column_name: string }>(
      `select column_name from information_schema.columns where table_name = $1 and column_name <> 'global_position'`,
      [table],
    );
    const columns = rows.map(({ column_name: name }) => name);
    const values = columns.map((name) =>
      name === 'stream_id' ? 'copied.id' : name === 'message_id' ? 'gen_random_uuid()::text' : `t.${name}`,
    );
    await this.pool.query(
      `insert into ${table} (${columns.join(', ')}) select ${values.join(', ')}
        from ${table} t cross join unnest($1::text[]) with ordinality as copied(id, n)
        where t.stream_id = $2 order by ${order}`,
      [ids, TEMPLATE],
    );
  }
}

const streamOf = (index: number): string => `deployment-${uuidOf(`aggregate ${index}`)}`;
