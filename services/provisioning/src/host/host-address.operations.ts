import type { AggregateStore } from '@freehold/log';
import { AGGREGATES, done, notFound, Operation, type OperationRequest } from '@freehold/platform';
import { hostAddress } from '@freehold/provisioning-contract';
import { Controller, Inject } from '@nestjs/common';
import { hostAggregate, hostName } from '../aggregates.js';

/** Where a host is reached and what it can do, for who moves something to or from it. */
@Controller()
export class HostAddressOperations {
  constructor(@Inject(AGGREGATES) private readonly aggregates: AggregateStore) {}

  @Operation(hostAddress)
  async address(request: OperationRequest<typeof hostAddress>) {
    const { state } = await this.aggregates.load(hostAggregate, hostName(request.body.host), { confirmed: true });
    if (state.status !== 'joined') return notFound();
    const { address, port, transferPort, recipient, programs, closing } = state.description;
    return done({ address, port, transferPort, recipient, programs, closing });
  }
}
