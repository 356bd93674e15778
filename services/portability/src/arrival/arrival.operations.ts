import {
  answer,
  commandMeta,
  commandOptions,
  derivedId,
  type Failed,
  notFound,
  Operation,
  type OperationRequest,
  type Refused,
  refusedWith,
  AGGREGATES,
} from '@freehold/platform';
import type { AggregateStore } from '@freehold/log';
import { abandonTake, takeMove } from '@freehold/portability-contract';
import { processDefinition } from '@freehold/process';
import { Controller, Inject } from '@nestjs/common';
import { processName } from '../aggregates.js';
import { arriveProcess } from '../processes/domain/arrive.process.js';
import { arrivalCompleted } from './domain/arrival.findings.js';
import { ArrivalBorder } from './border/arrival.border.js';
import { Arrivals } from './arrivals.js';

/** The process of an arrival: one, whatever is repeated. */
export const arriveProcessId = (arrival: string): string => derivedId(arrival, 'arrive');

/** An operator takes a deployment over from another provider. */
@Controller()
export class ArrivalOperations {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(Arrivals) private readonly arrivals: Arrivals,
    @Inject(ArrivalBorder) private readonly border: ArrivalBorder,
  ) {}

  @Operation(takeMove)
  async take(request: OperationRequest<typeof takeMove>) {
    const { operator } = request.params;
    const arrival = request.newId('arrival');
    const process = arriveProcessId(arrival);
    const deployment = request.newId('deployment');
    const ids = { arrival, process, deployment, environment: request.newId('environment') };
    const began = await this.#begun(operator, process);
    if (!began) {
      const refused = await this.#accept(request, ids);
      if (refused !== null) return refused;
    }
    const { position, version } = await this.#process(operator, process);
    const location = `/v1/operators/${operator}/moves/${process}`;
    return {
      ...{ kind: 'done' as const, position, etag: version, location },
      reply: { id: arrival, arrival, process, deployment, position, version },
    };
  }

  /** Accepted, and begun; null. A crash between the two: the same command again finds what was accepted. */
  async #accept(
    request: OperationRequest<typeof takeMove>,
    ids: Parameters<ArrivalBorder['judge']>[0]['ids'],
  ): Promise<Refused | Failed | null> {
    const { operator } = request.params;
    const judged = await this.border.judge({ operator, ids, body: request.body });
    if (judged.kind !== 'accepted') return judged;
    const { input, accepted } = judged;
    const place = { operator, arrival: ids.arrival };
    const result = await this.arrivals.execute(request, place, { type: 'accept', accepted });
    const answered = answer(result, () => ({}));
    if (answered.kind === 'refused') return answered;
    await this.aggregates.execute({
      definition: processDefinition(arriveProcess),
      name: processName(arriveProcess.kind, operator, ids.process),
      command: { type: 'begin', input, at: new Date().toISOString() },
      meta: { ...commandMeta(request), commandId: ids.process },
    });
    return null;
  }

  async #begun(operator: string, process: string): Promise<boolean> {
    return (await this.#process(operator, process)).version > 0;
  }

  #process(operator: string, process: string) {
    const name = processName(arriveProcess.kind, operator, process);
    return this.aggregates.load(processDefinition(arriveProcess), name, { confirmed: true });
  }

  /** Undone until it is live here; the source says how it ends when the tenure was asked for already. */
  @Operation(abandonTake)
  async abandon(request: OperationRequest<typeof abandonTake>) {
    const { operator, arrival } = request.params;
    const known = await this.arrivals.load(operator, arrival);
    if (!('accepted' in known)) return notFound();
    if (known.status === 'completed') return refusedWith([arrivalCompleted]);
    const process = arriveProcessId(arrival);
    const result = await this.aggregates.execute({
      definition: processDefinition(arriveProcess),
      name: processName(arriveProcess.kind, operator, process),
      command: { type: 'resume', action: 'undo', at: new Date().toISOString() },
      ...commandOptions(request),
    });
    return answer(result, ({ position, version }) => ({ id: arrival, process, position, version }));
  }
}
