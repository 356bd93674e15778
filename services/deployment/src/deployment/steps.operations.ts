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
import type { BodyOf } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import {
  AGGREGATES,
  answer,
  commandOptions,
  notFound,
  Operation,
  type OperationRequest,
  VAULT,
} from '@freehold/platform';
import { placeOf, type Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { deploymentAggregate, deploymentName } from '../aggregates.js';
import type { DeploymentCommand } from './domain/deployment.commands.js';
const WithIdentity = z.looseObject({ identity: z.json() });

/** The commands of processes' steps, and of agents' jobs, to a deployment. */
@Controller()
export class StepOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(VAULT) private readonly vault: Vault,
  ) {}

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
    const { job } = request.body;
    const outcome = await this.#protected(request.body);
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

  /** Who the world knows an application by contains its name. */
  async #protected({ job: { operator }, outcome }: BodyOf<typeof reportJobOutcome>) {
    const found = outcome.kind === 'succeeded' ? WithIdentity.safeParse(outcome.result).data : undefined;
    if (found === undefined || found.identity === null) return outcome;
    const key = await this.vault.ensureKey(operator);
    const identity = await this.vault.encipher(key, placeOf(operator, 'job.identity'), found.identity);
    return { ...outcome, result: z.json().parse({ ...found, identity }) };
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
