import { derivedId, log, OperationClient, processPrincipal, Unavailable } from '@freehold/platform';
import { type ArrivalErrand, recordSourceAnswer } from '@freehold/portability-contract';
import { Inject, Injectable } from '@nestjs/common';
import { Arrivals } from '../arrival/arrivals.js';
import { Source, SourceBrokeItsWord } from '../arrival/source.js';
import { PeerRefused } from '../provider/peer-answer.js';
import { type ErrandParts, runErrand } from './errands.js';
import { untilAnswered } from './until-answered.js';

/** What an arrival wants of its source; a refusal is an end. */
@Injectable()
export class ArrivalErrands {
  constructor(
    @Inject(OperationClient) private readonly client: OperationClient,
    @Inject(Arrivals) private readonly arrivals: Arrivals,
    @Inject(Source) private readonly source: Source,
  ) {}

  async run(job: ArrivalErrand, signal: AbortSignal): Promise<void> {
    const accepted = await this.arrivals.accepted(job.operator, job.arrival);
    if (accepted === null) return log().error({ job: job.id }, 'an errand for an arrival that is not there');
    const { source, client } = this;
    const outcome = await untilAnswered(() => outcomeOf({ job, accepted, signal, source, client }), signal);
    signal.throwIfAborted();
    const answered = await client.call(recordSourceAnswer, {
      params: { operator: job.operator },
      body: { arrival: job.arrival, job: job.id, outcome },
      principal: processPrincipal(job.operator, job.arrival),
      commandId: derivedId(job.id, 'answer'),
    });
    if (answered.kind !== 'done') throw new Unavailable('portability');
  }
}

async function outcomeOf(parts: ErrandParts) {
  try {
    return { kind: 'answered', answer: await runErrand(parts) } as const;
  } catch (error) {
    parts.signal.throwIfAborted();
    if (!(error instanceof PeerRefused || error instanceof SourceBrokeItsWord)) throw error;
    return { kind: 'failed', findings: error.findings.slice(0, 50) } as const;
  }
}
