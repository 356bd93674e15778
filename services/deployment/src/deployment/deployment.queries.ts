import { deployments } from '@freehold/deployment-contract';
import { Operation, type OperationRequest, ResourceQueries } from '@freehold/platform';
import { Controller, Inject } from '@nestjs/common';
import { deploymentName } from '../aggregates.js';
import { DeploymentResource } from './views/deployment.resource.js';

/** A deployment as its operator sees it, now or at a past moment. */
@Controller()
export class DeploymentQueries {
  constructor(
    @Inject(ResourceQueries) private readonly resources: ResourceQueries,
    @Inject(DeploymentResource) private readonly resource: DeploymentResource,
  ) {}

  @Operation(deployments.get)
  async show(request: OperationRequest<typeof deployments.get>) {
    const { operator, deployment } = request.params;
    return this.resources.get(this.resource, deploymentName(operator, deployment), request);
  }

  @Operation(deployments.list)
  async list(request: OperationRequest<typeof deployments.list>) {
    return this.resources.list(this.resource, { ...request.params, ...request.body }, request);
  }

  @Operation(deployments.history)
  async history(request: OperationRequest<typeof deployments.history>) {
    const { operator, deployment } = request.params;
    return this.resources.history(deploymentName(operator, deployment), request.body);
  }

  @Operation(deployments.changes)
  async changes(request: OperationRequest<typeof deployments.changes>) {
    const { operator, deployment } = request.params;
    return this.resources.changes(this.resource, deploymentName(operator, deployment), request.body);
  }
}
