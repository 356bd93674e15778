import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import { randomUUID } from 'node:crypto';
import { type AppendSystem, EVENT_DATA, EVENT_TYPE } from './append-system.js';
import type { DurableGround } from './durable-ground.js';
import { openPool } from './postgres-pool.js';

/** Emmett's event store on PostgreSQL as its documentation has it, with a pool as large as the bare insert's. */
export async function emmettStore(ground: DurableGround): Promise<AppendSystem> {
  const connection = await ground.database('emmett');
  const { host, port, user, password, database } = connection;
  const pool = openPool(connection);
  const address = new URL(`postgresql://${user}@localhost:${port}/${database}`);
  address.password = password;
  address.searchParams.set('host', host);
  const store = getPostgreSQLEventStore(address.href, { connectionOptions: { pool } });
  await store.schema.migrate();
  return {
    name: 'Emmett on PostgreSQL',
    openStream: () => {
      const stream = `deployment-${randomUUID()}`;
      return async (version) => {
        await store.appendToStream(stream, [{ type: EVENT_TYPE, data: EVENT_DATA }], {
          expectedStreamVersion: BigInt(version - 1),
        });
      };
    },
    stored: async () => {
      const { rows } = await pool.query<{ count: string }>('select count(*) from emt_messages');
      return Number(rows[0]?.count);
    },
    close: async () => {
      await store.close();
      if (!pool.ended) await pool.end();
    },
  };
}
