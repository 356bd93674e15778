import { type AggregateStore, type ExecuteResult, type Log, subjectOf } from '@freehold/log';
import { AGGREGATES, commandOptions, LOG, type OperationRequest } from '@freehold/platform';
import { Inject, Injectable } from '@nestjs/common';
import { departureAggregate, departureName } from '../aggregates.js';
import type { DepartureCommand } from './domain/departure.commands.js';
import type { Departure, Known } from './domain/departure.js';
import { isUnderWay } from './domain/standing.js';

export interface Place {
  operator: string;
  departure: string;
}

/** The `move` of a grant and of the addresses below `/v1/moves`: where the departure lies in the log. */
export const moveOf = ({ operator, departure }: Place): string => `${operator}.${departure}`;
export function placeOfMove(move: string): Place | null {
  const [operator = '', departure = '', ...rest] = move.split('.');
  return UUID.test(operator) && UUID.test(departure) && rest.length === 0 ? { operator, departure } : null;
}
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Departures, loaded and decided upon. */
@Injectable()
export class Departures {
  constructor(
    @Inject(AGGREGATES) private readonly aggregates: AggregateStore,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Null: there is none. */
  async load({ operator, departure }: Place): Promise<{ state: Known; version: number } | null> {
    const name = departureName(operator, departure);
    const { state, version } = await this.aggregates.load(departureAggregate, name, { confirmed: true });
    return state.status === 'none' ? null : { state, version };
  }

  /** A departure of this peer; null for everybody else's. */
  async loadFor(move: string, { principal }: OperationRequest): Promise<(Place & { state: Known }) | null> {
    const place = placeOfMove(move);
    const found = place && (await this.load(place));
    if (place === null || found === null || found.state.bound === null) return null;
    const { by, nonce } = found.state.bound;
    const isItsOwn = by.provider === principal.actor.id && principal.nonce === nonce;
    return isItsOwn ? { ...place, state: found.state } : null;
  }

  /** Resolves when it waits for nothing on this side any more, or after `longestMs`; a log that is silent counts as that. */
  async settled(place: Place, longestMs: number): Promise<void> {
    const name = departureName(place.operator, place.departure);
    const { state, position } = await this.aggregates.load(departureAggregate, name, { confirmed: true });
    if (!isUnderWay(state) || position === null) return;
    const signal = AbortSignal.timeout(longestMs);
    for await (const _commit of this.log.follow(position, { signal, filter: subjectOf(name) })) {
      if (!isUnderWay((await this.aggregates.load(departureAggregate, name, { confirmed: true })).state)) return;
    }
  }

  execute(request: OperationRequest, place: Place, command: DepartureCommand): Promise<ExecuteResult<Departure>> {
    return this.aggregates.execute({
      definition: departureAggregate,
      name: departureName(place.operator, place.departure),
      command,
      ...commandOptions(request),
    });
  }
}
