import {
  agreeSubscription,
  freePlace,
  reservePlace,
  resolveSubscription,
  subscriptions,
} from '@freehold/accounts-contract';
import { resolvePlan } from '@freehold/catalog-contract';
import { CELL, type Changed, type Finding, type Principal } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  checked,
  commandOptions,
  done,
  failed,
  notFound,
  Operation,
  OperationClient,
  type OperationRequest,
  refusedWith,
  ResourceQueries,
} from '@freehold/platform';
import { Controller, Inject } from '@nestjs/common';
import { operatorAggregate, operatorName, subscriptionAggregate, subscriptionName } from '../aggregates.js';
import { closedFindings } from '../operator/domain/operator.js';
import { operatorSuspended, type SubscriptionCommand } from './domain/subscription.js';
import { subscriptionResource } from './views/subscription.view.js';

/** A service may sign for its processes only, never for the credential that asked it. */
const ACCOUNTS: Principal = { actor: { kind: 'process', id: 'accounts' }, role: 'process', operator: CELL };

/** Subscriptions: agreed with the provider, and the places that orders take of them. */
@Controller()
export class SubscriptionOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(ResourceQueries) private readonly resources: ResourceQueries,
    @Inject(OperationClient) private readonly client: OperationClient,
  ) {}

  @Operation(agreeSubscription)
  async agree(request: OperationRequest<typeof agreeSubscription>) {
    const { operator } = request.params;
    const { plan, places } = request.body;
    const [known, resolved] = await Promise.all([
      this.aggregates.load(operatorAggregate, operatorName(operator), { confirmed: true }),
      this.client.call(resolvePlan, { params: {}, body: { plan }, principal: ACCOUNTS }),
    ]);
    if (resolved.kind === 'failed') return resolved;
    if (resolved.kind === 'refused' && resolved.reason !== 'invalid')
      return failed('internal', 'The plan was not told.');
    const findings = [...closedFindings(known.state), ...(resolved.kind === 'refused' ? resolved.findings : [])];
    if (findings.length > 0) return refusedWith(findings);
    const result = await this.#execute(request, { type: 'agree', plan, places });
    return answer(result, ({ position, version }): Changed => ({ id: operator, position, version }));
  }

  @Operation(reservePlace)
  async reserve(request: OperationRequest<typeof reservePlace>) {
    const { operator } = request.params;
    const command: SubscriptionCommand = { type: 'reserve', deployment: request.body.deployment };
    const { commandIds } = await this.aggregates.load(subscriptionAggregate, subscriptionName(operator));
    // What was reserved stays reserved: a repeat is answered as the first time, whatever happened since.
    const suspended = commandIds.has(request.commandId) ? [] : await this.#suspension(operator);
    if (request.check) {
      const findings = await this.aggregates.check(subscriptionAggregate, subscriptionName(operator), command);
      return checked([...suspended, ...findings]);
    }
    if (suspended.length > 0) return refusedWith(suspended);
    const result = await this.#execute(request, command);
    return answer(result, ({ state }) => ({ plan: state.status === 'agreed' ? state.plan : '' }));
  }

  @Operation(freePlace)
  async free(request: OperationRequest<typeof freePlace>) {
    return answer(await this.#execute(request, { type: 'free', ...request.body }), () => ({}));
  }

  @Operation(resolveSubscription)
  async resolve(request: OperationRequest<typeof resolveSubscription>) {
    const { state } = await this.aggregates.load(subscriptionAggregate, subscriptionName(request.params.operator), {
      confirmed: true,
    });
    return state.status === 'agreed' ? done({ plan: state.plan, places: state.places }) : notFound();
  }

  @Operation(subscriptions.get)
  async show(request: OperationRequest<typeof subscriptions.get>) {
    return this.resources.get(subscriptionResource, subscriptionName(request.params.operator), request);
  }

  @Operation(subscriptions.list)
  async list(request: OperationRequest<typeof subscriptions.list>) {
    return this.resources.list(subscriptionResource, { operator: null, ...request.body }, request);
  }

  @Operation(subscriptions.history)
  async history(request: OperationRequest<typeof subscriptions.history>) {
    return this.resources.history(subscriptionName(request.params.operator), request.body);
  }

  @Operation(subscriptions.changes)
  async changes(request: OperationRequest<typeof subscriptions.changes>) {
    return this.resources.changes(subscriptionResource, subscriptionName(request.params.operator), request.body);
  }

  async #suspension(operator: string): Promise<Finding[]> {
    const { state } = await this.aggregates.load(operatorAggregate, operatorName(operator), { confirmed: true });
    return state.status === 'suspended' ? [operatorSuspended] : closedFindings(state);
  }

  #execute(
    request: OperationRequest<typeof agreeSubscription | typeof reservePlace | typeof freePlace>,
    command: SubscriptionCommand,
  ) {
    return this.aggregates.execute({
      definition: subscriptionAggregate,
      name: subscriptionName(request.params.operator),
      command,
      ...commandOptions(request),
    });
  }
}
