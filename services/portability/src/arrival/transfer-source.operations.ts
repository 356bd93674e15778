import { PeerFailure } from '@freehold/peer';
import {
  done,
  failed,
  Operation,
  OperationClient,
  type OperationRequest,
  processPrincipal,
  refusedWith,
} from '@freehold/platform';
import { type ArrivalSource, transferSource } from '@freehold/portability-contract';
import { hostAddress } from '@freehold/provisioning-contract';
import { sealFor } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { Arrivals } from './arrivals.js';
import { arrivalAbandoned, moveUnknown } from './domain/arrival.findings.js';
import { PeerRefused } from '../provider/peer-answer.js';
import { Source } from './source.js';

/** Tells an agent where it fetches an arrival's state from: the source is asked anew each time, for its token is short-lived. */
@Controller()
export class TransferSourceOperations {
  constructor(
    @Inject(Arrivals) private readonly arrivals: Arrivals,
    @Inject(Source) private readonly source: Source,
    @Inject(OperationClient) private readonly client: OperationClient,
  ) {}

  @Operation(transferSource)
  async place(request: OperationRequest<typeof transferSource>) {
    const { operator, move: arrival, deployment } = request.body;
    const { host } = request.params;
    const known = await this.arrivals.load(operator, arrival);
    if (!('accepted' in known) || known.accepted.deployment !== deployment) return refusedWith([moveUnknown]);
    if (known.status === 'abandoned' || known.status === 'returned') return refusedWith([arrivalAbandoned]);
    const { accepted } = known;
    const principal = processPrincipal(operator, arrival);
    const machine = await this.client.call(hostAddress, { params: { operator }, body: { host }, principal });
    if (machine.kind !== 'done') return machine;
    try {
      const [place, log] = await Promise.all([this.source.transfer(accepted), this.source.log(accepted)]);
      const told: ArrivalSource = { ...place, log };
      return done({ sealed: await sealFor(machine.reply.recipient, told) });
    } catch (error) {
      if (error instanceof PeerRefused) return refusedWith(error.findings);
      if (error instanceof PeerFailure) return failed('unavailable', error.message);
      throw error;
    }
  }
}
