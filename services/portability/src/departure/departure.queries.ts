import { Operation, type OperationRequest, ResourceQueries } from '@freehold/platform';
import { departures } from '@freehold/portability-contract';
import { Controller, Inject } from '@nestjs/common';
import { departureName } from '../aggregates.js';
import { DepartureResource } from './views/departure.resource.js';

/** Departures as they are shown. */
@Controller()
export class DepartureQueries {
  constructor(
    @Inject(ResourceQueries) private readonly resources: ResourceQueries,
    @Inject(DepartureResource) private readonly resource: DepartureResource,
  ) {}

  @Operation(departures.get)
  async show(request: OperationRequest<typeof departures.get>) {
    const { operator, departure } = request.params;
    return this.resources.get(this.resource, departureName(operator, departure), request);
  }

  @Operation(departures.list)
  async list(request: OperationRequest<typeof departures.list>) {
    return this.resources.list(this.resource, { ...request.params, ...request.body }, request);
  }

  @Operation(departures.history)
  async history(request: OperationRequest<typeof departures.history>) {
    const { operator, departure } = request.params;
    return this.resources.history(departureName(operator, departure), request.body);
  }

  @Operation(departures.changes)
  async changes(request: OperationRequest<typeof departures.changes>) {
    const { operator, departure } = request.params;
    return this.resources.changes(this.resource, departureName(operator, departure), request.body);
  }
}
