import { randomUUID } from 'node:crypto';
import { type AppendSystem, EVENT_DATA, EVENT_TYPE } from './append-system.js';
import type { DurableGround } from './durable-ground.js';
import { openPool } from './postgres-pool.js';

const TABLE = `create table events (
  position bigint generated always as identity primary key,
  stream uuid not null, version int not null, type text not null, data jsonb not null,
  recorded_at timestamptz not null default now(),
  unique (stream, version)
)`;

/** The least that PostgreSQL needs to do: one prepared insert, in a transaction of its own; the unique key is the expectation. */
export async function bareInsert(ground: DurableGround): Promise<AppendSystem> {
  const pool = openPool(await ground.database('bare'));
  await pool.query(TABLE);
  return {
    name: 'bare PostgreSQL insert',
    openStream: () => {
      const stream = randomUUID();
      return async (version) => {
        await pool.query({
          name: 'append',
          text: 'insert into events (stream, version, type, data) values ($1, $2, $3, $4)',
          values: [stream, version, EVENT_TYPE, JSON.stringify(EVENT_DATA)],
        });
      };
    },
    stored: async () => {
      const { rows } = await pool.query<{ count: string }>('select count(*) from events');
      return Number(rows[0]?.count);
    },
    close: () => pool.end(),
  };
}
