import { Operation, type OperationRequest, ResourceQueries } from '@freehold/platform';
import { exportsMade } from '@freehold/portability-contract';
import { Controller, Inject } from '@nestjs/common';
import { exportName } from '../aggregates.js';
import { ExportResource } from './views/export.resource.js';

/** Exports as they are shown. */
@Controller()
export class ExportQueries {
  constructor(
    @Inject(ResourceQueries) private readonly resources: ResourceQueries,
    @Inject(ExportResource) private readonly resource: ExportResource,
  ) {}

  @Operation(exportsMade.get)
  async show(request: OperationRequest<typeof exportsMade.get>) {
    const { operator, export: id } = request.params;
    return this.resources.get(this.resource, exportName(operator, id), request);
  }

  @Operation(exportsMade.list)
  async list(request: OperationRequest<typeof exportsMade.list>) {
    return this.resources.list(this.resource, { ...request.params, ...request.body }, request);
  }

  @Operation(exportsMade.history)
  async history(request: OperationRequest<typeof exportsMade.history>) {
    const { operator, export: id } = request.params;
    return this.resources.history(exportName(operator, id), request.body);
  }

  @Operation(exportsMade.changes)
  async changes(request: OperationRequest<typeof exportsMade.changes>) {
    const { operator, export: id } = request.params;
    return this.resources.changes(this.resource, exportName(operator, id), request.body);
  }
}
