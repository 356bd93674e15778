import type { DatabaseConnection } from '@freehold/supervisor';
import { Pool } from 'pg';

/** Neither 10 nor 64 connections are faster on two cores. */
const POOL_SIZE = 32;

/** The same for both peers on PostgreSQL. */
export function openPool({ host, port, user, password, database }: DatabaseConnection): Pool {
  const pool = new Pool({ host, port, user, password, database, max: POOL_SIZE });
  // `end` does not wait for the last good-bye, and the server that is stopped then answers it with an error.
  pool.on('error', (error) => {
    if (!pool.ended) throw error;
  });
  return pool;
}
