import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';

/**
 * Runs `work` in one transaction, with a fresh entity manager.
 *
 * Not `em.transactional`: when the connection is lost, its rollback fails and the pool never gets the connection back
 * (@mikro-orm/sql 7.2.1 on Kysely's controlled transactions); after as many losses as the pool is large, nothing works
 * any more. Kysely's own `transaction()` always gives it back.
 *
 * @param options.snapshot read only, and every statement sees the same state of the database.
 */
export async function inTransaction<Result>(
  orm: MikroORM,
  work: (em: EntityManager) => Promise<Result>,
  { snapshot = false }: { snapshot?: boolean } = {},
): Promise<Result> {
  const connection = orm.em.getConnection();
  await connection.ensureConnection();
  const transaction = connection.getClient().transaction();
  const begun = snapshot ? transaction.setIsolationLevel('repeatable read').setAccessMode('read only') : transaction;
  return begun.execute((context) => {
    const em = orm.em.fork();
    em.setTransactionContext(context);
    return work(em);
  });
}
