/**
 * Erases what an operator's erasure names: its keys in the vault, and with them everything that was enciphered under them.
 *
 *     log ─► erasure-begun ─► list of erasures ─► key off the disk ─► erased
 *
 * Invariants: `erased` is in the log only after the keys are gone; a key is on the list before it is erased. On a crash the
 * commit is handled again. At start every key on the list is erased once more: a cell that was restored from a backup has
 * keys again that were erased after it was made (design/log.md).
 */
import { operatorErasureBegun } from '@freehold/accounts-contract';
import type { StoredCommit } from '@freehold/kernel';
import { type AggregateStore, aggregateFilter, parseSubject } from '@freehold/log';
import { AGGREGATES, CONFIGURATION, derivedId, Follower, VAULT } from '@freehold/platform';
import type { Vault } from '@freehold/vault';
import { Controller, Inject, type OnModuleInit } from '@nestjs/common';
import type { AccountsConfig } from '../accounts.config.js';
import { operatorAggregate } from '../aggregates.js';
import { ErasureList } from './erasure-list.js';

const COMMAND = 'accounts.record-erased';

@Controller()
export class ErasureReconciler implements OnModuleInit {
  readonly #list: ErasureList;

  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(CONFIGURATION) { erasuresFile }: AccountsConfig,
  ) {
    this.#list = new ErasureList(erasuresFile ?? null);
  }

  async onModuleInit(): Promise<void> {
    for (const key of await this.#list.keys()) await this.vault.eraseKey(key);
  }

  @Follower<ErasureReconciler>({ name: 'accounts-erasures', filter: aggregateFilter('accounts', 'operator') })
  async follow({ subject, position, commit }: StoredCommit): Promise<void> {
    if (!commit.events.some(({ type }) => type === operatorErasureBegun.type)) return;
    const name = parseSubject(subject);
    const { state } = await this.aggregates.load(operatorAggregate, name, { confirmed: true });
    if (state.status !== 'erasing') return;
    await this.#list.add(state.keys);
    for (const key of state.keys) await this.vault.eraseKey(key);
    await this.aggregates.execute({
      definition: operatorAggregate,
      name,
      command: { type: 'record-erased' },
      meta: {
        commandId: derivedId(name.id, COMMAND),
        commandName: COMMAND,
        digest: '',
        actor: { kind: 'process', id: name.id },
        cause: `${position}/0`,
        correlation: commit.correlation,
      },
    });
  }
}
