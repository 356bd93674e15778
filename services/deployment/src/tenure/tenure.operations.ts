import { claimTenure, freeTenure } from '@freehold/deployment-contract';
import type { AggregateStore } from '@freehold/log';
import { AGGREGATES, answer, commandOptions, Operation, type OperationRequest } from '@freehold/platform';
import { Controller, Inject } from '@nestjs/common';
import { tenureAggregate, tenureName } from '../aggregates.js';
import type { TenureCommand } from './domain/tenure.js';

/** Steps that keep two deployments of one lineage apart. */
@Controller()
export class TenureOperations {
  constructor(@Inject(AGGREGATES) private readonly aggregates: AggregateStore) {}

  @Operation(claimTenure)
  async claim(request: OperationRequest<typeof claimTenure>) {
    return this.#execute(request, { type: 'claim', deployment: request.body.deployment });
  }

  @Operation(freeTenure)
  async free(request: OperationRequest<typeof freeTenure>) {
    return this.#execute(request, { type: 'free', deployment: request.body.deployment });
  }

  async #execute(request: OperationRequest<typeof claimTenure>, command: TenureCommand) {
    const result = await this.aggregates.execute({
      definition: tenureAggregate,
      name: tenureName(request.body.lineage),
      command,
      ...commandOptions(request),
    });
    return answer(result, () => ({}));
  }
}
