import type { EntityManager } from '@mikro-orm/postgresql';
import { CompiledQuery, type Transaction } from 'kysely';

/**
 * A statement of a transaction with its parameters (`$1`, …) bound, for what is large. `em.execute` (@mikro-orm/sql 7.2.1) writes
 * parameters into the text and copies them character by character: a megabyte of rows was a million strings, a third of the
 * work of a platform that catches up.
 *
 * @param em of `inTransaction`.
 */
export async function runBound<Row>(em: EntityManager, text: string, parameters: readonly unknown[]): Promise<Row[]> {
  const transaction = em.getTransactionContext<Transaction<unknown>>();
  if (transaction === undefined) throw new Error('a bound statement belongs to a transaction');
  const { rows } = await transaction.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]));
  return rows;
}
