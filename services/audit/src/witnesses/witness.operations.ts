import { addCheckpoint, checkpoint } from '@freehold/audit-contract';
import { done, notFound, Operation, type OperationRequest } from '@freehold/platform';
import { Controller, Inject } from '@nestjs/common';
import { Cosigning } from './cosigning.js';
import { Witness } from './witness.js';

/** So long whoever asks for the newest checkpoint waits for its witnesses. */
const WITNESSES_MS = 3_000;

@Controller()
export class WitnessOperations {
  constructor(
    @Inject(Witness) private readonly witness: Witness,
    @Inject(Cosigning) private readonly cosigning: Cosigning,
  ) {}

  @Operation(checkpoint)
  async checkpoint(_request: OperationRequest<typeof checkpoint>) {
    const newest = await this.cosigning.newest(WITNESSES_MS);
    return newest === null ? notFound() : done({ note: newest.note });
  }

  @Operation(addCheckpoint)
  async addCheckpoint({ body }: OperationRequest<typeof addCheckpoint>) {
    return done(await this.witness.addCheckpoint(body.request));
  }
}
