import type { BodyOf, OperatorToken } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandOptions,
  Observations,
  Operation,
  type OperationRequest,
  ResourceQueries,
  VAULT,
} from '@freehold/platform';
import {
  desireEnvironment,
  environments,
  reportObservation,
  requestEnvironment,
  type UnitObservation,
} from '@freehold/provisioning-contract';
import { placeOf, type Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { environmentAggregate, environmentName } from '../aggregates.js';
import type { EnvironmentCommand } from './domain/environment.js';
import { environmentResource } from './views/environment.view.js';

/** Environments: requested and desired by processes and reconcilers, reported by the agent of their host. */
@Controller()
export class EnvironmentOperations {
  readonly #resource: ReturnType<typeof environmentResource>;

  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(ResourceQueries) private readonly resources: ResourceQueries,
    @Inject(VAULT) private readonly vault: Vault,
    @Inject(Observations) observations: Observations<UnitObservation>,
  ) {
    this.#resource = environmentResource(observations);
  }

  @Operation(requestEnvironment)
  async request(request: OperationRequest<typeof requestEnvironment>) {
    const { environment, ...place } = request.body;
    const result = await this.#execute(request, request.params.operator, { type: 'request', environment, ...place });
    return answer(result, () => ({ environment }));
  }

  @Operation(desireEnvironment)
  async desire(request: OperationRequest<typeof desireEnvironment>) {
    const result = await this.#execute(request, request.params.operator, { type: 'desire', ...request.body });
    return answer(result, ({ state }) => ({ generation: state.desired?.generation ?? 0 }));
  }

  /** An agent belongs to no operator; whose environment it is it knows from its desired state, and its host is checked. */
  @Operation(reportObservation)
  async report(request: OperationRequest<typeof reportObservation>) {
    const { host } = request.params;
    const { operator, ...report } = await this.#protected(request.body);
    return answer(await this.#execute(request, operator, commandOf(host, report)), () => ({}));
  }

  /** Who the world knows an application by contains its name. */
  async #protected(report: BodyOf<typeof reportObservation>): Promise<BodyOf<typeof reportObservation>> {
    if (report.kind !== 'observed' || report.identity === null) return report;
    const { operator, identity } = report;
    const key = await this.vault.ensureKey(operator);
    const enciphered = await this.vault.encipher(key, placeOf(operator, 'environment.identity'), identity);
    return { ...report, identity: z.json().parse(enciphered) };
  }

  @Operation(environments.get)
  async show(request: OperationRequest<typeof environments.get>) {
    const { operator, environment } = request.params;
    return this.resources.get(this.#resource, environmentName(operator, environment), request);
  }

  @Operation(environments.list)
  async list(request: OperationRequest<typeof environments.list>) {
    return this.resources.list(this.#resource, { ...request.params, ...request.body }, request);
  }

  @Operation(environments.history)
  async history(request: OperationRequest<typeof environments.history>) {
    const { operator, environment } = request.params;
    return this.resources.history(environmentName(operator, environment), request.body);
  }

  @Operation(environments.changes)
  async changes(request: OperationRequest<typeof environments.changes>) {
    const { operator, environment } = request.params;
    return this.resources.changes(this.#resource, environmentName(operator, environment), request.body);
  }

  #execute(request: OperationRequest, operator: OperatorToken, asked: EnvironmentCommand & { environment: string }) {
    const { environment, ...command } = asked;
    return this.aggregates.execute({
      definition: environmentAggregate,
      name: environmentName(operator, environment),
      command,
      ...commandOptions(request),
    });
  }
}

type Report = OperationRequest<typeof reportObservation>['body'] extends infer Body
  ? Body extends { operator: string }
    ? Omit<Body, 'operator'>
    : never
  : never;

const commandOf = (host: string, report: Report): EnvironmentCommand & { environment: string } => {
  switch (report.kind) {
    case 'observed': {
      const { kind: _kind, ...observed } = report;
      return { type: 'observe', host, ...observed };
    }
    case 'failed': {
      const { kind: _kind, ...failed } = report;
      return { type: 'fail', host, ...failed };
    }
    case 'drift-repaired': {
      const { kind: _kind, ...repaired } = report;
      return { type: 'repair', host, ...repaired };
    }
  }
};
