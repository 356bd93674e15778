import { CELL, ERASED, openedText } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import { AGGREGATES, VAULT } from '@freehold/platform';
import type { PublishedName } from '@freehold/provisioning-contract';
import { placeOf, type Vault } from '@freehold/vault';
import { Inject, Injectable } from '@nestjs/common';
import {
  environmentAggregate,
  environmentName,
  hostAggregate,
  hostName,
  nameAggregate,
  nameName,
} from '../aggregates.js';
import type { Name } from '../name/domain/name.states.js';
import { type NameServingHost, recordSetOf, type RouterAddress } from '../name/domain/record-set.js';

const CONFIRMED = { confirmed: true } as const;

/** Where names lead by the log: name → environment → host. Confirmed, so that the commit that woke us is in it. */
@Injectable()
export class DeployedNames {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(VAULT) private readonly vault: Vault,
  ) {}

  /** Null: nothing is to be answered for this name. */
  async recordSet(nameId: string): Promise<PublishedName | null> {
    const { state } = await this.aggregates.load(nameAggregate, nameName(nameId), CONFIRMED);
    return recordSetOf(state, await this.#opened(state), await this.#routerOf(state));
  }

  /** @param id of the host's aggregate. */
  async host(id: string): Promise<NameServingHost | null> {
    const { state } = await this.aggregates.load(hostAggregate, { ...hostName(''), id }, CONFIRMED);
    if (state.status !== 'joined') return null;
    const { address, dnsPort } = state.description;
    return { name: state.name, address, dnsPort };
  }

  async #opened(state: Name): Promise<string | null> {
    if (state.status === 'free') return null;
    const text = openedText(await this.vault.open(state.name, placeOf(CELL, 'name.name')));
    return text === ERASED ? null : text;
  }

  async #routerOf(state: Name): Promise<RouterAddress | null> {
    if (state.status !== 'attached') return null;
    const environment = environmentName(state.operator, state.environment);
    const { place } = (await this.aggregates.load(environmentAggregate, environment, CONFIRMED)).state;
    return place && this.host(hostName(place.host).id);
  }
}
