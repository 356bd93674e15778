import {
  closeOperator,
  eraseOperator,
  operators,
  registerOperator,
  resumeOperator,
  suspendOperator,
} from '@freehold/accounts-contract';
import type { Changed } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandMeta,
  commandOptions,
  Operation,
  type OperationRequest,
  refusedWith,
  ResourceQueries,
  VAULT,
} from '@freehold/platform';
import { placeOf, type Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { operatorAggregate, operatorName, subscriptionAggregate, subscriptionName } from '../aggregates.js';
import { UnfinishedWork } from './unfinished-work.js';
import { operatorResource } from './views/operator.view.js';

/** Operators: taken on, suspended, closed, erased, shown. Their personal data are enciphered here, before anything is decided. */
@Controller()
export class OperatorOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(ResourceQueries) private readonly resources: ResourceQueries,
    @Inject(UnfinishedWork) private readonly work: UnfinishedWork,
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

  /**
   * The subscription ends first, so that no order takes a place any more: it alone knows which are taken. After a crash in
   * between the repeat goes on from there.
   */
  @Operation(closeOperator)
  async close(request: OperationRequest<typeof closeOperator>) {
    const { operator } = request.params;
    const ended = await this.aggregates.execute({
      definition: subscriptionAggregate,
      name: subscriptionName(operator),
      command: { type: 'end' },
      meta: commandMeta(request),
    });
    if (ended.kind === 'refused') return refusedWith(ended.findings);
    return this.#change(request, operator, { type: 'close' });
  }

  /** What others still do for it, and keep of it, is asked at the moment at which it was closed or later. */
  @Operation(eraseOperator)
  async erase(request: OperationRequest<typeof eraseOperator>) {
    const { operator } = request.params;
    const { state, position } = await this.aggregates.load(operatorAggregate, operatorName(operator), {
      confirmed: true,
    });
    if (state.status === 'closed' && position !== null) {
      const unfinished = await this.work.of(operator, position);
      if (unfinished !== null) return unfinished;
    }
    return this.#change(request, operator, { type: 'erase', key: operator });
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

  @Operation(operators.changes)
  async changes(request: OperationRequest<typeof operators.changes>) {
    return this.resources.changes(operatorResource, operatorName(request.params.operator), request.body);
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
