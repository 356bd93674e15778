import { answer, notFound, Operation, type OperationRequest, VAULT } from '@freehold/platform';
import {
  abandonArrival,
  type Comparison,
  beginArrival,
  completeArrival,
  recordSourceAnswer,
  signReturn,
  verifyArrival,
} from '@freehold/portability-contract';
import { placeOf, type Vault } from '@freehold/vault';
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { Provider } from '../provider/provider.js';
import { Arrivals } from './arrivals.js';
import type { ArrivalCommand } from './domain/arrival.js';
import { comparisonOf, findingsOf } from './domain/comparison.js';

type Step = OperationRequest & { params: { operator: string }; body: { arrival: string } };

/** The commands of the process `arrive`, and of the courier. */
@Controller()
export class ArrivalStepOperations {
  constructor(
    @Inject(Arrivals) private readonly arrivals: Arrivals,
    @Inject(Provider) private readonly provider: Provider,
    @Inject(VAULT) private readonly vault: Vault,
  ) {}

  @Operation(verifyArrival)
  async verify(request: OperationRequest<typeof verifyArrival>) {
    const { operator } = request.params;
    const { restored, identity, closed } = request.body;
    const before = await this.vault.openAll({ identity: restored.identity }, operator);
    const after = await this.vault.openAll({ identity }, operator);
    const comparison = comparisonOf({ ...restored, ...before }, after.identity, { checked: closed });
    return this.#record(request, {
      type: 'verify',
      comparison: await this.#enciphered(operator, comparison),
      findings: findingsOf(comparison),
    });
  }

  /** Who the world knows an application by contains its name. */
  async #enciphered(operator: string, { identity, ...comparison }: Comparison): Promise<Comparison> {
    const key = await this.vault.ensureKey(operator);
    const hidden = async (side: 'before' | 'after') => {
      const value = identity[side];
      if (value === null) return null;
      return z.json().parse(await this.vault.encipher(key, placeOf(operator, `comparison.${side}`), value));
    };
    return { ...comparison, identity: { ...identity, before: await hidden('before'), after: await hidden('after') } };
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
    const result = await this.arrivals.execute(request, arrivalOf(request), { type: 'return', return: signed });
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
    return answer(await this.arrivals.execute(request, arrivalOf(request), command), () => ({}));
  }
}

const arrivalOf = ({ params: { operator }, body: { arrival } }: Step) => ({ operator, arrival });
