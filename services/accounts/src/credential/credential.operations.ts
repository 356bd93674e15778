import {
  authenticate,
  cellKeys,
  issueCellKey,
  issueKey,
  operatorKeys,
  revokeCellKey,
  revokeKey,
} from '@freehold/accounts-contract';
import { CELL, type OperatorToken, type Principal, type Role } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandOptions,
  done,
  Operation,
  type OperationRequest,
  refusedWith,
  ResourceQueries,
  unauthorized,
  VAULT,
} from '@freehold/platform';
import { placeOf, type Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { credentialAggregate, credentialName, operatorAggregate, operatorName } from '../aggregates.js';
import { closedFindings } from '../operator/domain/operator.js';
import { apiKeyOf, hashOf, isSecretOf, secretOf } from './api-key.js';
import { isOpen } from './domain/credential.js';
import { credentialResource } from './views/credential.view.js';

type Issue = OperationRequest<typeof issueKey> | OperationRequest<typeof issueCellKey>;

/** Keys: given out, shown, revoked, and recognised when the gateway asks. */
@Controller()
export class CredentialOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(ResourceQueries) private readonly resources: ResourceQueries,
  ) {}

  @Operation(issueKey)
  async issue(request: OperationRequest<typeof issueKey>) {
    const { operator } = request.params;
    const { state } = await this.aggregates.load(operatorAggregate, operatorName(operator), { confirmed: true });
    const findings = closedFindings(state);
    return findings.length > 0 ? refusedWith(findings) : this.#issue(request, operator);
  }

  @Operation(issueCellKey)
  async issueForCell(request: OperationRequest<typeof issueCellKey>) {
    return this.#issue(request, CELL);
  }

  @Operation(revokeKey)
  async revoke(request: OperationRequest<typeof revokeKey>) {
    return this.#revoke(request, request.params.operator);
  }

  @Operation(revokeCellKey)
  async revokeOfCell(request: OperationRequest<typeof revokeCellKey>) {
    return this.#revoke(request, CELL);
  }

  /** Whatever is wrong with a key, the answer is the same. Those of an operator that was closed open nothing. */
  @Operation(authenticate)
  async authenticate(request: OperationRequest<typeof authenticate>) {
    const { operator, credential: id, secret } = request.body;
    const name = credentialName(operator === 'cell' ? CELL : operator, id);
    const [{ state }, isClosed] = await Promise.all([
      this.aggregates.load(credentialAggregate, name),
      this.#isClosed(name.operator),
    ]);
    if (!isOpen(state, new Date().toISOString()) || !isSecretOf(state.hash, secret) || isClosed) return unauthorized();
    const host = state.host === null ? {} : { host: state.host };
    const principal: Principal = {
      actor: { kind: 'credential', id },
      role: state.role,
      operator: name.operator,
      ...host,
    };
    return done({ principal });
  }

  @Operation(operatorKeys.get)
  async show(request: OperationRequest<typeof operatorKeys.get>) {
    const { operator, key } = request.params;
    return this.resources.get(credentialResource, credentialName(operator, key), request);
  }

  @Operation(operatorKeys.list)
  async list(request: OperationRequest<typeof operatorKeys.list>) {
    return this.resources.list(credentialResource, { operator: request.params.operator, ...request.body }, request);
  }

  @Operation(operatorKeys.history)
  async history(request: OperationRequest<typeof operatorKeys.history>) {
    const { operator, key } = request.params;
    return this.resources.history(credentialName(operator, key), request.body);
  }

  @Operation(operatorKeys.changes)
  async changes(request: OperationRequest<typeof operatorKeys.changes>) {
    const { operator, key } = request.params;
    return this.resources.changes(credentialResource, credentialName(operator, key), request.body);
  }

  @Operation(cellKeys.get)
  async showOfCell(request: OperationRequest<typeof cellKeys.get>) {
    return this.resources.get(credentialResource, credentialName(CELL, request.params.key), request);
  }

  @Operation(cellKeys.list)
  async listOfCell(request: OperationRequest<typeof cellKeys.list>) {
    return this.resources.list(credentialResource, { operator: CELL, ...request.body }, request);
  }

  @Operation(cellKeys.history)
  async historyOfCell(request: OperationRequest<typeof cellKeys.history>) {
    return this.resources.history(credentialName(CELL, request.params.key), request.body);
  }

  @Operation(cellKeys.changes)
  async changesOfCell(request: OperationRequest<typeof cellKeys.changes>) {
    return this.resources.changes(credentialResource, credentialName(CELL, request.params.key), request.body);
  }

  /** The key follows from the commit: its id from the command id, its secret from the id. */
  async #issue(request: Issue, operator: OperatorToken) {
    const id = request.newId('credential');
    const secret = secretOf(await this.vault.cellKey('credential'), id);
    const { role, label, expiresAt = null } = request.body;
    const result = await this.aggregates.execute({
      definition: credentialAggregate,
      name: credentialName(operator, id),
      command: {
        type: 'issue',
        role,
        hash: hashOf(secret),
        label: label === undefined ? null : await this.#enciphered(operator, label),
        expiresAt,
        host: null,
        now: new Date().toISOString(),
      },
      ...commandOptions(request),
    });
    const owner = operator === CELL ? 'cell' : operator;
    return answer(result, ({ position, version }) => ({
      id,
      position,
      version,
      role: role satisfies Role,
      key: apiKeyOf(owner, id, secret),
    }));
  }

  async #isClosed(operator: OperatorToken): Promise<boolean> {
    if (operator === CELL) return false;
    const { state } = await this.aggregates.load(operatorAggregate, operatorName(operator));
    return closedFindings(state).length > 0;
  }

  async #enciphered(operator: OperatorToken, label: string) {
    return this.vault.encipher(await this.vault.ensureKey(operator), placeOf(operator, 'credential.label'), label);
  }

  async #revoke(
    request: OperationRequest<typeof revokeKey> | OperationRequest<typeof revokeCellKey>,
    operator: OperatorToken,
  ) {
    const { key: id } = request.params;
    const result = await this.aggregates.execute({
      definition: credentialAggregate,
      name: credentialName(operator, id),
      command: { type: 'revoke' },
      ...commandOptions(request),
    });
    return answer(result, ({ position, version }) => ({ id, position, version }));
  }
}
