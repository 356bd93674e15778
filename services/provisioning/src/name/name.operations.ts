import { CELL, comparePositions, type Finding, openedText, type StoredCommit } from '@freehold/kernel';
import { type AggregateStore, nameId } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  checked,
  commandOptions,
  CONFIGURATION,
  done,
  historyEntry,
  notFound,
  Operation,
  type OperationRequest,
  refusedWith,
  ResourceQueries,
  VAULT,
} from '@freehold/platform';
import {
  attachName,
  claimName,
  delegateName,
  giveUpName,
  nameHome,
  names,
  reclaimName,
  redirectName,
  undoNameDelegation,
} from '@freehold/provisioning-contract';
import { placeOf, type Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { nameAggregate, nameName } from '../aggregates.js';
import type { ProvisioningConfig } from '../provisioning.config.js';
import { ownCommits } from './domain/name-history.js';
import type { NameCommand } from './domain/name.js';
import { nameNotClaimed } from './domain/name.findings.js';
import { findingsOfName, nameElsewhere, normaliseName } from './domain/zone.js';
import { nameResource } from './views/name.view.js';

/**
 * Names under the provider's zone. A name comes enciphered and is opened here only to be judged. Its record belongs to
 * the cell, so it is enciphered again for that place, under the same key: erasing the operator's key erases it too.
 */
@Controller()
export class NameOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(CONFIGURATION) private readonly config: ProvisioningConfig,
    @Inject(ResourceQueries) private readonly resources: ResourceQueries,
  ) {}

  @Operation(claimName)
  async claim(request: OperationRequest<typeof claimName>) {
    const { operator } = request.params;
    const { deployment, purpose, enciphered, name: id, via = null } = request.body;
    const text = normaliseName(openedText(await this.vault.open(enciphered, placeOf(operator, 'deployment.name'))));
    const invalid = await this.#findingsOf(text, id, via);
    if (invalid.length > 0) return refusedWith(invalid);
    const name = await this.vault.encipher(enciphered.$enciphered, placeOf(CELL, 'name.name'), text);
    const command: NameCommand = { type: 'claim', operator, deployment, purpose, name, via };
    if (request.check) return checked(await this.aggregates.check(nameAggregate, nameName(id), command));
    return this.#change(request, id, command);
  }

  @Operation(giveUpName)
  async giveUp(request: OperationRequest<typeof giveUpName>) {
    return this.#change(request, request.body.name, { type: 'give-up', deployment: request.body.deployment });
  }

  @Operation(attachName)
  async attach(request: OperationRequest<typeof attachName>) {
    const { name, deployment, environment } = request.body;
    return this.#change(request, name, { type: 'attach', deployment, environment });
  }

  @Operation(delegateName)
  async delegate(request: OperationRequest<typeof delegateName>) {
    const { name, ...delegated } = request.body;
    return this.#change(request, name, { type: 'delegate', ...delegated });
  }

  @Operation(undoNameDelegation)
  async undoDelegation(request: OperationRequest<typeof undoNameDelegation>) {
    const { name, deployment } = request.body;
    return this.#change(request, name, { type: 'undo-delegation', deployment });
  }

  @Operation(reclaimName)
  async reclaim(request: OperationRequest<typeof reclaimName>) {
    const { name, ...reclaimed } = request.body;
    const command: NameCommand = { type: 'reclaim', operator: request.params.operator, ...reclaimed };
    if (request.check) return checked(await this.aggregates.check(nameAggregate, nameName(name), command));
    return this.#change(request, name, command);
  }

  @Operation(redirectName)
  async redirect(request: OperationRequest<typeof redirectName>) {
    const { name, ...redirected } = request.body;
    return this.#change(request, name, { type: 'redirect', ...redirected });
  }

  @Operation(nameHome)
  async home(request: OperationRequest<typeof nameHome>) {
    const { name, deployment } = request.body;
    const { state } = await this.aggregates.load(nameAggregate, nameName(name), { confirmed: true });
    const isIts = state.status !== 'free' && state.deployment === deployment;
    const isHeld = isIts && state.operator === request.params.operator;
    return isHeld ? done({ via: state.via }) : refusedWith([nameNotClaimed]);
  }

  @Operation(names.get)
  async show(request: OperationRequest<typeof names.get>) {
    if (!NAME_ID.test(request.params.name)) return notFound();
    const found = await this.resources.get(nameResource, nameName(request.params.name), request);
    return found.kind === 'done' && found.reply.recorded.operator !== request.params.operator ? notFound() : found;
  }

  /** At a past moment a page may be shorter than `limit`: names of others are left out after it was cut. */
  @Operation(names.list)
  async list(request: OperationRequest<typeof names.list>) {
    const { operator } = request.params;
    const page = { operator: null, ...request.body, where: { holder: operator } };
    const found = await this.resources.list(nameResource, page, request);
    const items = found.reply.items.filter(({ recorded }) => recorded.operator === operator);
    return { ...found, reply: { ...found.reply, items } };
  }

  @Operation(names.history)
  async history(request: OperationRequest<typeof names.history>) {
    const { operator, name } = request.params;
    const { before, limit } = request.body;
    if (!NAME_ID.test(name)) return notFound();
    const own = ownCommits(await this.#commits(name), operator).toReversed();
    if (own.length === 0) return notFound();
    const from = before === undefined ? own : own.filter(({ position }) => comparePositions(position, before) < 0);
    const page = from.slice(0, limit);
    const items = await Promise.all(page.map((stored) => historyEntry(this.vault, stored)));
    return done({ items, next: from.length > limit ? (page.at(-1)?.position ?? null) : null });
  }

  /** Everything that is wrong with the name itself; the id must be that of this very name. */
  async #findingsOf(text: string, id: string, via: string | null): Promise<Finding[]> {
    const findings = findingsOfName(text, this.config.zone, via);
    if (findings.length > 0) return findings;
    return nameId(await this.vault.cellKey('name'), text) === id ? [] : [nameElsewhere];
  }

  /** Oldest first. */
  async #commits(id: string): Promise<StoredCommit[]> {
    const commits: StoredCommit[] = [];
    for (;;) {
      const before = commits.at(-1)?.position;
      const page = await this.aggregates.history(nameName(id), { limit: 200, ...(before && { before }) });
      commits.push(...page);
      if (page.length < 200) return commits.toReversed();
    }
  }

  async #change(request: OperationRequest, id: string, command: NameCommand) {
    const result = await this.aggregates.execute({
      definition: nameAggregate,
      name: nameName(id),
      command,
      ...commandOptions(request),
    });
    return answer(result, () => ({}));
  }
}

const NAME_ID = /^[a-z2-7]{52}$/;
