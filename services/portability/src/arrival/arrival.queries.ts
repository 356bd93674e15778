import { Operation, type OperationRequest, ResourceQueries } from '@freehold/platform';
import { arrivals } from '@freehold/portability-contract';
import { Controller, Inject } from '@nestjs/common';
import { arrivalName } from '../aggregates.js';
import { ArrivalResource } from './views/arrival.resource.js';

/** Arrivals as they are shown. */
@Controller()
export class ArrivalQueries {
  constructor(
    @Inject(ResourceQueries) private readonly resources: ResourceQueries,
    @Inject(ArrivalResource) private readonly resource: ArrivalResource,
  ) {}

  @Operation(arrivals.get)
  async show(request: OperationRequest<typeof arrivals.get>) {
    const { operator, arrival } = request.params;
    return this.resources.get(this.resource, arrivalName(operator, arrival), request);
  }

  @Operation(arrivals.list)
  async list(request: OperationRequest<typeof arrivals.list>) {
    return this.resources.list(this.resource, { ...request.params, ...request.body }, request);
  }

  @Operation(arrivals.history)
  async history(request: OperationRequest<typeof arrivals.history>) {
    const { operator, arrival } = request.params;
    return this.resources.history(arrivalName(operator, arrival), request.body);
  }

  @Operation(arrivals.changes)
  async changes(request: OperationRequest<typeof arrivals.changes>) {
    const { operator, arrival } = request.params;
    return this.resources.changes(this.resource, arrivalName(operator, arrival), request.body);
  }
}
