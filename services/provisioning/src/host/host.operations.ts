import type { Changed } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  checked,
  commandOptions,
  Operation,
  type OperationRequest,
  ResourceQueries,
} from '@freehold/platform';
import { freeCapacity, hosts, joinHost, lowerCapacity, reserveCapacity } from '@freehold/provisioning-contract';
import { Controller, Inject } from '@nestjs/common';
import { hostAggregate, hostName } from '../aggregates.js';
import { policy } from '../placement/domain/placement.js';
import type { HostCommand } from './domain/host.js';
import { hostResource } from './views/host.view.js';

/** Hosts: they join by themselves, and their capacity is reserved where the policy says. */
@Controller()
export class HostOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(ResourceQueries) private readonly resources: ResourceQueries,
  ) {}

  @Operation(joinHost)
  async join(request: OperationRequest<typeof joinHost>) {
    const { host } = request.params;
    const { dnsPort = null, transferPort = null, programs = {}, closing = false } = request.body;
    const description = { ...request.body, dnsPort, transferPort, programs, closing };
    const result = await this.#execute(request, host, { type: 'join', name: host, description });
    return answer(result, ({ position, version }): Changed => ({ id: hostName(host).id, position, version }));
  }

  @Operation(reserveCapacity)
  async reserve(request: OperationRequest<typeof reserveCapacity>) {
    const { environment, rule, amounts } = request.body;
    const { host } = policy(rule);
    const command: HostCommand = { type: 'reserve', environment, amounts };
    if (request.check) return checked(await this.aggregates.check(hostAggregate, hostName(host), command));
    return answer(await this.#execute(request, host, command), () => ({ host }));
  }

  @Operation(lowerCapacity)
  async lower(request: OperationRequest<typeof lowerCapacity>) {
    const { environment, rule } = request.body;
    return answer(await this.#execute(request, policy(rule).host, { type: 'lower', environment }), () => ({}));
  }

  @Operation(freeCapacity)
  async free(request: OperationRequest<typeof freeCapacity>) {
    const { environment, rule } = request.body;
    return answer(await this.#execute(request, policy(rule).host, { type: 'free', environment }), () => ({}));
  }

  @Operation(hosts.get)
  async show(request: OperationRequest<typeof hosts.get>) {
    return this.resources.get(hostResource, hostName(request.params.host), request);
  }

  @Operation(hosts.list)
  async list(request: OperationRequest<typeof hosts.list>) {
    return this.resources.list(hostResource, { operator: null, ...request.body }, request);
  }

  @Operation(hosts.history)
  async history(request: OperationRequest<typeof hosts.history>) {
    return this.resources.history(hostName(request.params.host), request.body);
  }

  @Operation(hosts.changes)
  async changes(request: OperationRequest<typeof hosts.changes>) {
    return this.resources.changes(hostResource, hostName(request.params.host), request.body);
  }

  #execute(request: OperationRequest, host: string, command: HostCommand) {
    return this.aggregates.execute({
      definition: hostAggregate,
      name: hostName(host),
      command,
      ...commandOptions(request),
    });
  }
}
