import type { arrivals } from '@freehold/portability-contract';
import type { ReplyOf } from '@freehold/kernel';
import type { AggregateStore } from '@freehold/log';
import { fingerprintOfKid } from '@freehold/peer';
import { AGGREGATES, derivedId, type Resource } from '@freehold/platform';
import { isPastReturn, processDefinition } from '@freehold/process';
import { Inject, Injectable } from '@nestjs/common';
import { processName } from '../../aggregates.js';
import { arriveProcess } from '../../processes/domain/arrive.process.js';
import { ifAbandoned, type Underway } from '../domain/if-abandoned.js';
import { arrivalProjection, type ArrivalRow, arrivalView } from './arrival.view.js';

type Recorded = ReplyOf<typeof arrivals.get>['recorded'];

/** As far as the record tells, without its process. */
export function arrivalRecorded({ source, ...row }: ArrivalRow, operator: string) {
  const { provider, kid } = source;
  return {
    ...row,
    operator,
    process: derivedId(row.id, 'arrive'),
    source: { provider, fingerprint: fingerprintOfKid(kid) },
    ifAbandoned: ifAbandoned(row.status, null),
  } satisfies Recorded;
}

/** An arrival as its operator sees it. */
@Injectable()
export class ArrivalResource implements Resource<ArrivalRow, Recorded, null> {
  readonly view = arrivalView;
  readonly projection = arrivalProjection;

  constructor(@Inject(AGGREGATES) private readonly aggregates: AggregateStore) {}

  observed(): Promise<null> {
    return Promise.resolve(null);
  }

  async recorded(row: ArrivalRow, operator: string, isNow: boolean): Promise<Recorded> {
    const isOpen = row.status === 'under-way' || row.status === 'verified';
    const recorded = arrivalRecorded(row, operator);
    if (!isNow || !isOpen) return recorded;
    return { ...recorded, ifAbandoned: ifAbandoned(row.status, await this.#underway(operator, recorded.process)) };
  }

  async #underway(operator: string, process: string): Promise<Underway> {
    const name = processName(arriveProcess.kind, operator, process);
    const { state } = await this.aggregates.load(processDefinition(arriveProcess), name);
    return { status: state.status, isPastReturn: isPastReturn(arriveProcess, state) };
  }
}
