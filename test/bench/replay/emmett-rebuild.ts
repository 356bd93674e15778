import {
  getPostgreSQLEventStore,
  postgreSQLProjection,
  rebuildPostgreSQLProjections,
} from '@event-driven-io/emmett-postgresql';
import type { DatabaseConnection } from '@freehold/supervisor';
import { eventually } from '@freehold/supervisor/testing';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { EVENT_DATA } from '../append/append-system.js';
import type { DurableGround } from '../append/durable-ground.js';
import { openPool } from '../append/postgres-pool.js';
import { counted, type CountedRow, EVENT, PER_AGGREGATE } from './counted-aggregate.js';

export interface EmmettRebuild {
  /** Rows that the projection came to. */
  run(): Promise<number>;
  close(): Promise<void>;
}

/** No pause between batches; larger ones are not faster. */
const PULLING = { batchSize: 1_000, pullingFrequencyInMs: 0 };

/** Emmett's rebuild of a projection as its documentation has it, of so many events; the handler folds in memory, and writes nothing. */
export async function emmettRebuild(ground: DurableGround, events: number): Promise<EmmettRebuild> {
  const connection = await ground.database('emmett');
  const { host, port, user, password, database } = connection;
  const address = new URL(`postgresql://${user}@localhost:${port}/${database}`);
  address.password = password;
  address.searchParams.set('host', host);
  const pool = openPool(connection);
  const store = getPostgreSQLEventStore(address.href, { connectionOptions: { pool } });
  await store.schema.migrate();
  const stream = Array.from({ length: PER_AGGREGATE }, () => ({ type: EVENT, data: EVENT_DATA }));
  // One after another: of what concurrent transactions appended, its reader leaves some out.
  for (let left = events; left > 0; left -= PER_AGGREGATE) {
    await store.appendToStream(`deployment-${randomUUID()}`, stream, { expectedStreamVersion: 0n });
  }
  const run = async () => {
    const rows = new Map<string, CountedRow>();
    const projection = postgreSQLProjection<typeof EVENT_DATA>({
      // A name that was built before goes on where it was.
      name: `counted-${randomUUID()}`,
      canHandle: [EVENT],
      handle: async (read) => {
        for (const { data, metadata } of read) {
          rows.set(metadata.streamName, counted(rows.get(metadata.streamName) ?? null, metadata.streamName, data));
        }
      },
    });
    const consumer = rebuildPostgreSQLProjections({
      connectionString: address.href,
      pulling: PULLING,
      projections: [projection],
    });
    await consumer.start();
    await consumer.close();
    return rows.size;
  };
  // Its reader shows nothing that was appended after the beginning of a transaction which is still open, anyone's.
  const complete = await eventually(async () => (await run()) === Math.ceil(events / PER_AGGREGATE), {
    timeoutMs: 60_000,
  });
  if (!complete) throw new Error('Emmett does not read all that was appended');
  return {
    run,
    close: async () => {
      await store.close();
      if (!pool.ended) await pool.end();
      await goneFrom(connection);
    },
  };
}

/** Its pools say good-bye later, and do not bear a server that has stopped by then. */
async function goneFrom(connection: DatabaseConnection): Promise<void> {
  const client = new Client(connection);
  await client.connect();
  await eventually(async () => {
    const others = 'select from pg_stat_activity where usename = current_user and pid <> pg_backend_pid()';
    return (await client.query(others)).rowCount === 0;
  });
  await client.end();
}
