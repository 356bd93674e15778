import { operators, registerOperator, resumeOperator, suspendOperator } from '@freehold/accounts-contract';
import type { Changed } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandOptions,
  Operation,
  type OperationRequest,
  ResourceQueries,
  VAULT,
} from '@freehold/platform';
import { placeOf, type Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { operatorAggregate, operatorName } from '../aggregates.js';
import { operatorResource } from './views/operator.view.js';

/** Operators: taken on, suspended, shown. Their personal data are enciphered here, before anything is decided. */
@Controller()
export class OperatorOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(ResourceQueries) private readonly resources: ResourceQueries,
  ) {}

  @Operation(registerOperator)
  async register(request: OperationRequest<typeof registerOperator>) {
    const id = request.newId('operator');
    const key = await this.vault.ensureKey(id);
    const [name, contact] = await Promise.all([
      this.vault.encipher(key, placeOf(id, 'operator.name'), request.body.name),
      this.vault.encipher(key, placeOf(id, 'operator.contact'), request.body.contact),
    ]);
    return this.#change(request, id, { type: 'register', key, name, contact });
  }

  @Operation(suspendOperator)
  async suspend(request: OperationRequest<typeof suspendOperator>) {
    return this.#change(request, request.params.operator, { type: 'suspend' });
  }

  @Operation(resumeOperator)
  async resume(request: OperationRequest<typeof resumeOperator>) {
    return this.#change(request, request.params.operator, { type: 'resume' });
  }

  @Operation(operators.get)
  async show(request: OperationRequest<typeof operators.get>) {
    return this.resources.get(operatorResource, operatorName(request.params.operator), request);
  }

  @Operation(operators.list)
  async list(request: OperationRequest<typeof operators.list>) {
    return this.resources.list(operatorResource, { operator: null, ...request.body }, request);
  }

  @Operation(operators.history)
  async history(request: OperationRequest<typeof operators.history>) {
    return this.resources.history(operatorName(request.params.operator), request.body);
  }

  async #change(request: OperationRequest, id: string, command: Parameters<typeof operatorAggregate.decide>[0]) {
    const result = await this.aggregates.execute({
      definition: operatorAggregate,
      name: operatorName(id),
      command,
      ...commandOptions(request),
    });
    return answer(result, ({ position, version }): Changed => ({ id, position, version }));
  }
}
