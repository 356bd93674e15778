import { type BodyOf, CELL, comparePositions, type Finding, openedText, type StoredCommit } from '@freehold/kernel';
import { type AggregateStore, nameId } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  checked,
  commandOptions,
  CONFIGURATION,
  type Done,
  done,
  historyEntry,
  notFound,
  Operation,
  type OperationRequest,
  type Refused,
  refusedWith,
  ResourceQueries,
  VAULT,
} from '@freehold/platform';
import {
  attachNames,
  claimNames,
  delegateNames,
  giveUpNames,
  nameHome,
  names,
  reclaimNames,
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

  @Operation(claimNames)
  async claim(request: OperationRequest<typeof claimNames>) {
    const { names: wanted } = request.body;
    const judged = await Promise.all(wanted.map((claimed) => this.#judge(request, claimed)));
    const invalid = judged.map(({ findings }) => findings);
    if (invalid.some(({ length }) => length > 0)) return refusedWith(asOrdered(wanted, invalid));
    const commands = judged.flatMap(({ command }) => command ?? []);
    if (request.check) return checked(asOrdered(wanted, await this.#checkEach(commands)));
    return this.#changeEach(request, commands, (findings) => asOrdered(wanted, findings));
  }

  @Operation(giveUpNames)
  async giveUp(request: OperationRequest<typeof giveUpNames>) {
    const { names: held, deployment } = request.body;
    return this.#changeEach(request, each(held, { type: 'give-up', deployment }));
  }

  @Operation(attachNames)
  async attach(request: OperationRequest<typeof attachNames>) {
    const { names: held, ...attached } = request.body;
    return this.#changeEach(request, each(held, { type: 'attach', ...attached }));
  }

  @Operation(delegateNames)
  async delegate(request: OperationRequest<typeof delegateNames>) {
    const { names: held, ...delegated } = request.body;
    return this.#changeEach(request, each(held, { type: 'delegate', ...delegated }));
  }

  @Operation(undoNameDelegation)
  async undoDelegation(request: OperationRequest<typeof undoNameDelegation>) {
    const { names: held, deployment } = request.body;
    return this.#changeEach(request, each(held, { type: 'undo-delegation', deployment }));
  }

  @Operation(reclaimNames)
  async reclaim(request: OperationRequest<typeof reclaimNames>) {
    const { names: held, ...reclaimed } = request.body;
    const commands = each(held, { type: 'reclaim', operator: request.params.operator, ...reclaimed });
    return request.check ? checked((await this.#checkEach(commands)).flat()) : this.#changeEach(request, commands);
  }

  @Operation(redirectName)
  async redirect(request: OperationRequest<typeof redirectName>) {
    const { name, ...redirected } = request.body;
    return this.#changeEach(request, each([name], { type: 'redirect', ...redirected }));
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

  /** As in the history, only what happened while the operator had the name; before and after there was none for it. */
  @Operation(names.changes)
  async changes(request: OperationRequest<typeof names.changes>) {
    const { operator, name } = request.params;
    if (!NAME_ID.test(name)) return notFound();
    return this.resources.changes(nameResource, nameName(name), request.body, {
      commits: (all) => ownCommits(all, operator),
      isOwn: (recorded) => recorded.operator === operator,
    });
  }

  /** Everything that speaks against the name itself, or the claim to send. */
  async #judge(
    { params: { operator }, body: { deployment } }: OperationRequest<typeof claimNames>,
    { name: id, purpose, enciphered, via = null }: ClaimedName,
  ): Promise<{ findings: readonly Finding[]; command?: OfName }> {
    const text = normaliseName(openedText(await this.vault.open(enciphered, placeOf(operator, 'deployment.name'))));
    const findings = await this.#findingsOf(text, id, via);
    if (findings.length > 0) return { findings };
    const name = await this.vault.encipher(enciphered.$enciphered, placeOf(CELL, 'name.name'), text);
    return { findings, command: { id, command: { type: 'claim', operator, deployment, purpose, name, via } } };
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

  #checkEach(commands: readonly OfName[]): Promise<(readonly Finding[])[]> {
    return Promise.all(commands.map(({ id, command }) => this.aggregates.check(nameAggregate, nameName(id), command)));
  }

  /** One command, decided by each name in turn. What one refuses is refused, after the others have decided too. */
  async #changeEach(
    request: OperationRequest,
    commands: readonly OfName[],
    told: (findings: readonly (readonly Finding[])[]) => readonly Finding[] = (findings) => findings.flat(),
  ): Promise<Changed | Refused> {
    let last: Changed | null = null;
    const findings: (readonly Finding[])[] = [];
    for (const { id, command } of commands) {
      const result = await this.aggregates.execute({
        definition: nameAggregate,
        name: nameName(id),
        command,
        ...commandOptions(request),
      });
      const answered = answer(result, () => ({}));
      if (answered.kind === 'refused' && result.kind !== 'refused') return answered;
      findings.push(answered.kind === 'refused' ? answered.findings : []);
      if (answered.kind === 'done') last = later(last, answered);
    }
    return last === null || findings.some(({ length }) => length > 0) ? refusedWith(told(findings)) : last;
  }
}

type ClaimedName = BodyOf<typeof claimNames>['names'][number];

type Changed = Done<Record<string, never>>;

/** A command, and the id of the name that decides it. */
interface OfName {
  id: string;
  command: NameCommand;
}

const each = (ids: readonly string[], command: NameCommand): OfName[] => ids.map((id) => ({ id, command }));

/** What was stored last: whoever reads from there on has seen all of it. */
const later = (one: Changed | null, other: Changed): Changed => {
  if (one === null || one.position === null) return other;
  return other.position === null || comparePositions(one.position, other.position) > 0 ? one : other;
};

/** Findings point to where each name stands in an order. */
const asOrdered = (wanted: readonly ClaimedName[], findings: readonly (readonly Finding[])[]): Finding[] =>
  findings.flatMap((found, index) => {
    const purpose = wanted[index]?.purpose ?? '';
    const place = index === 0 ? '/name' : `/names/${purpose.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return found.map((finding) => ({ ...finding, pointer: place }));
  });

const NAME_ID = /^[a-z2-7]{52}$/;
