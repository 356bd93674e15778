import type { AggregateStore, ExecuteResult } from '@freehold/log';
import { AGGREGATES, commandOptions, type OperationRequest } from '@freehold/platform';
import { Inject, Injectable } from '@nestjs/common';
import { arrivalAggregate, arrivalName } from '../aggregates.js';
import type { Accepted, Arrival, ArrivalCommand } from './domain/arrival.js';

/** Arrivals, loaded and decided upon. */
@Injectable()
export class Arrivals {
  constructor(@Inject(AGGREGATES) private readonly aggregates: AggregateStore) {}

  async load(operator: string, arrival: string): Promise<Arrival> {
    const name = arrivalName(operator, arrival);
    return (await this.aggregates.load(arrivalAggregate, name, { confirmed: true })).state;
  }

  /** Null: nothing was ever accepted under this id. */
  async accepted(operator: string, arrival: string): Promise<Accepted | null> {
    const state = await this.load(operator, arrival);
    return 'accepted' in state ? state.accepted : null;
  }

  execute(
    request: OperationRequest,
    { operator, arrival }: { operator: string; arrival: string },
    command: ArrivalCommand,
  ): Promise<ExecuteResult<Arrival>> {
    const name = arrivalName(operator, arrival);
    return this.aggregates.execute({ definition: arrivalAggregate, name, command, ...commandOptions(request) });
  }
}
