import { answer, notFound, Operation, type OperationRequest } from '@freehold/platform';
import {
  abandonArrival,
  beginArrival,
  completeArrival,
  recordSourceAnswer,
  signReturn,
  verifyArrival,
} from '@freehold/portability-contract';
import { Controller, Inject } from '@nestjs/common';
import { Provider } from '../provider/provider.js';
import { Arrivals } from './arrivals.js';
import type { ArrivalCommand } from './domain/arrival.js';
import { comparisonOf } from './domain/comparison.js';

type Step = OperationRequest & { params: { operator: string }; body: { arrival: string } };

/** The commands of the process `arrive`, and of the courier. */
@Controller()
export class ArrivalStepOperations {
  constructor(
    @Inject(Arrivals) private readonly arrivals: Arrivals,
    @Inject(Provider) private readonly provider: Provider,
  ) {}

  @Operation(verifyArrival)
  async verify(request: OperationRequest<typeof verifyArrival>) {
    const { restored, identity, closed } = request.body;
    const comparison = comparisonOf(restored, identity, { checked: closed });
    return this.#record(request, { type: 'verify', comparison });
  }

  /** One step above the handover's epoch: whoever holds the higher one is entitled to run it. */
  @Operation(signReturn)
  async signReturn(request: OperationRequest<typeof signReturn>) {
    const { source, departure, deployment, lineage, epoch, position } = request.body.handover.payload;
    const signed = this.provider.sign('return', {
      ...{ source, departure, deployment, lineage, position },
      epoch: epoch + 1,
      target: this.provider.origin,
      arrival: request.body.arrival,
      at: new Date().toISOString(),
    });
    const result = await this.arrivals.execute(request, placeOf(request), { type: 'return', return: signed });
    const known = await this.arrivals.load(request.params.operator, request.body.arrival);
    if (known.status !== 'returned') return answer(result, () => ({ return: signed }));
    return answer(result, () => ({ return: known.returned }));
  }

  @Operation(completeArrival)
  async complete(request: OperationRequest<typeof completeArrival>) {
    return this.#record(request, { type: 'complete' });
  }

  @Operation(beginArrival)
  async begin(request: OperationRequest<typeof beginArrival>) {
    return this.#record(request, { type: 'begin' });
  }

  @Operation(abandonArrival)
  async abandon(request: OperationRequest<typeof abandonArrival>) {
    return this.#record(request, { type: 'abandon' });
  }

  @Operation(recordSourceAnswer)
  async recordAnswer(request: OperationRequest<typeof recordSourceAnswer>) {
    const { job, outcome, arrival } = request.body;
    if ((await this.arrivals.accepted(request.params.operator, arrival)) === null) return notFound();
    return this.#record(
      request,
      outcome.kind === 'answered'
        ? { type: 'record-answer', job, answer: outcome.answer }
        : { type: 'record-failure', job, findings: outcome.findings },
    );
  }

  async #record(request: Step, command: ArrivalCommand) {
    return answer(await this.arrivals.execute(request, placeOf(request), command), () => ({}));
  }
}

const placeOf = ({ params: { operator }, body: { arrival } }: Step) => ({ operator, arrival });
