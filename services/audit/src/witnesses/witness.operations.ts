import { addCheckpoint } from '@freehold/audit-contract';
import { done, Operation, type OperationRequest } from '@freehold/platform';
import { Controller, Inject } from '@nestjs/common';
import { Witness } from './witness.js';

@Controller()
export class WitnessOperations {
  constructor(@Inject(Witness) private readonly witness: Witness) {}

  @Operation(addCheckpoint)
  async addCheckpoint({ body }: OperationRequest<typeof addCheckpoint>) {
    return done(await this.witness.addCheckpoint(body.request));
  }
}
