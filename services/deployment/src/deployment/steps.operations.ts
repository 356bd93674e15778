import {
  beginRetirement,
  bindResources,
  createDeployment,
  recordLive,
  recordRetired,
  reportJobOutcome,
  takeTenure,
  undoOrder,
} from '@freehold/deployment-contract';
import type { AggregateStore } from '@freehold/log';
import { AGGREGATES, answer, commandOptions, notFound, Operation, type OperationRequest } from '@freehold/platform';
import { Controller, Inject } from '@nestjs/common';
import { deploymentAggregate, deploymentName } from '../aggregates.js';
import type { DeploymentCommand } from './domain/deployment.commands.js';

/** The commands of processes' steps, and of agents' jobs, to a deployment. */
@Controller()
export class StepOperations {
  constructor(@Inject(AGGREGATES) private readonly aggregates: AggregateStore) {}

  @Operation(createDeployment)
  async create(request: OperationRequest<typeof createDeployment>) {
    const { deployment, ...order } = request.body;
    return answer(await this.#execute(request, deployment, { type: 'order', order }), () => ({}));
  }

  @Operation(undoOrder)
  async undo(request: OperationRequest<typeof undoOrder>) {
    return answer(await this.#execute(request, request.body.deployment, { type: 'undo-order' }), () => ({}));
  }

  @Operation(bindResources)
  async bind(request: OperationRequest<typeof bindResources>) {
    const { deployment, host } = request.body;
    return answer(await this.#execute(request, deployment, { type: 'bind-resources', host }), () => ({}));
  }

  @Operation(takeTenure)
  async takeTenure(request: OperationRequest<typeof takeTenure>) {
    const { deployment, epoch, handover } = request.body;
    const result = await this.#execute(request, deployment, { type: 'take-tenure', epoch, handover });
    return answer(result, ({ version }) => ({ revision: version }));
  }

  @Operation(recordLive)
  async recordLive(request: OperationRequest<typeof recordLive>) {
    const { deployment, generation, identity } = request.body;
    return answer(await this.#execute(request, deployment, { type: 'record-live', generation, identity }), () => ({}));
  }

  @Operation(beginRetirement)
  async beginRetirement(request: OperationRequest<typeof beginRetirement>) {
    const { deployment, eraseAt } = request.body;
    const result = await this.#execute(request, deployment, { type: 'begin-retirement', eraseAt });
    return answer(result, ({ version, state }) => ({
      revision: version,
      epoch: 'prepared' in state ? state.prepared.epoch : 0,
    }));
  }

  @Operation(recordRetired)
  async recordRetired(request: OperationRequest<typeof recordRetired>) {
    return answer(await this.#execute(request, request.body.deployment, { type: 'record-retired' }), () => ({}));
  }

  /** An agent belongs to no operator: whose job it was stands in the job. Only the deployment's own host may say. */
  @Operation(reportJobOutcome)
  async reportJob(request: OperationRequest<typeof reportJobOutcome>) {
    const { job, outcome } = request.body;
    const name = deploymentName(job.operator, job.deployment);
    const { state } = await this.aggregates.load(deploymentAggregate, name, { confirmed: true });
    const host = 'prepared' in state ? state.prepared.host : null;
    if (host !== null && host !== request.params.host) return notFound();
    const command = { type: 'record-job', job, outcome } as const;
    const result = await this.aggregates.execute({
      definition: deploymentAggregate,
      name,
      command,
      ...commandOptions(request),
    });
    return answer(result, () => ({}));
  }

  #execute(
    request: OperationRequest & { params: { operator: string } },
    deployment: string,
    command: DeploymentCommand,
  ) {
    return this.aggregates.execute({
      definition: deploymentAggregate,
      name: deploymentName(request.params.operator, deployment),
      command,
      ...commandOptions(request),
    });
  }
}
