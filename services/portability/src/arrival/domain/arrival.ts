/**
 * An arrival: what was accepted from the source, what it answered, and what was compared. The process `arrive` does the
 * rest; whether the tenure is here, the deployment knows.
 *
 *     none ─accept─► under-way ─verify─► verified ─complete─► completed
 *       │               │                   └──return──► returned
 *       └──abandon──────┴──► abandoned: also a mark, for what comes late
 */
import { accepted, type Decider, type Decision, refused } from '@freehold/decider';
import type { Finding } from '@freehold/kernel';
import type { ArrivalEvent, Comparison } from '@freehold/portability-contract';
import { isDeepStrictEqual } from 'node:util';
import * as findings from './arrival.findings.js';

type Data<Type extends ArrivalEvent['type']> = Extract<ArrivalEvent, { type: Type }>['data'];
export type Accepted = Data<'portability.arrival-accepted.v1'>;
type SignedReturn = Data<'portability.arrival-returned.v1'>['return'];
type Answer = Data<'portability.source-answered.v1'>['answer'];

interface Known {
  accepted: Accepted;
  /** Jobs of the courier that were answered already. */
  answered: ReadonlySet<string>;
  comparison: Comparison | null;
}
export type Arrival =
  | { status: 'none' }
  | (Known & { status: 'under-way' | 'verified' | 'completed' | 'abandoned' })
  | (Known & { status: 'returned'; returned: SignedReturn })
  | { status: 'never' };

/** Of what was accepted. */
export type ArrivalStatus = Extract<Arrival, Known>['status'];

export type ArrivalCommand =
  | { type: 'accept'; accepted: Accepted }
  | { type: 'begin' }
  | { type: 'record-answer'; job: string; answer: Answer }
  | { type: 'record-failure'; job: string; findings: Finding[] }
  /** `findings`: what the comparison says; its identities are enciphered by then. */
  | { type: 'verify'; comparison: Comparison; findings: readonly Finding[] }
  | { type: 'return'; return: SignedReturn }
  | { type: 'complete' }
  | { type: 'abandon' };

const evolve = (arrival: Arrival, event: ArrivalEvent): Arrival => {
  if (event.type === 'portability.arrival-accepted.v1') {
    return { status: 'under-way', accepted: event.data, answered: new Set(), comparison: null };
  }
  if (!('accepted' in arrival))
    return event.type === 'portability.arrival-abandoned.v1' ? { status: 'never' } : arrival;
  switch (event.type) {
    case 'portability.source-answered.v1':
    case 'portability.source-failed.v1':
      return { ...arrival, answered: new Set(arrival.answered).add(event.data.job) };
    case 'portability.arrival-verified.v1':
      return { ...known(arrival), status: 'verified', comparison: event.data.comparison };
    case 'portability.arrival-returned.v1':
      return { ...known(arrival), status: 'returned', returned: event.data.return };
    case 'portability.arrival-completed.v1':
      return { ...known(arrival), status: 'completed' };
    case 'portability.arrival-abandoned.v1':
      return arrival.status === 'returned' ? arrival : { ...known(arrival), status: 'abandoned' };
  }
};

const known = ({ accepted: taken, answered, comparison }: Known): Known => ({ accepted: taken, answered, comparison });

const decide = (command: ArrivalCommand, arrival: Arrival): Decision<ArrivalEvent> => {
  if (command.type === 'accept') return accept(command.accepted, arrival);
  if (command.type === 'abandon') return abandon(arrival);
  if (!('accepted' in arrival)) return refused(findings.arrivalAbandoned);
  switch (command.type) {
    case 'begin':
      return arrival.status === 'abandoned' ? refused(findings.arrivalAbandoned) : accepted();
    case 'record-answer': {
      const { job, answer } = command;
      if (arrival.answered.has(job)) return accepted();
      return accepted({ type: 'portability.source-answered.v1', data: { job, answer } });
    }
    case 'record-failure': {
      const { job, findings: said } = command;
      if (arrival.answered.has(job)) return accepted();
      return accepted({ type: 'portability.source-failed.v1', data: { job, findings: said } });
    }
    case 'verify':
      return verify(command, arrival);
    case 'return':
      if (arrival.status === 'completed') return refused(findings.arrivalCompleted);
      if (arrival.status === 'returned') return accepted();
      return accepted({ type: 'portability.arrival-returned.v1', data: { return: command.return } });
    case 'complete':
      if (arrival.status === 'completed') return accepted();
      if (arrival.status !== 'verified') return refused(findings.arrivalAbandoned);
      return accepted({ type: 'portability.arrival-completed.v1', data: {} });
  }
};

const accept = (taken: Accepted, arrival: Arrival): Decision<ArrivalEvent> => {
  if (arrival.status === 'none') return accepted({ type: 'portability.arrival-accepted.v1', data: taken });
  const isSame = 'accepted' in arrival && isDeepStrictEqual(arrival.accepted, taken);
  return isSame ? accepted() : refused(findings.arrivalAbandoned);
};

/** Every difference is named; one is enough to stop. */
const verify = (
  { comparison, findings: differing }: Extract<ArrivalCommand, { type: 'verify' }>,
  arrival: Extract<Arrival, Known>,
): Decision<ArrivalEvent> => {
  if (arrival.status === 'verified' || arrival.status === 'completed') return accepted();
  if (arrival.status !== 'under-way') return refused(findings.arrivalAbandoned);
  if (differing.length > 0) return refused(...differing);
  return accepted({ type: 'portability.arrival-verified.v1', data: { comparison } });
};

/** What is live here is not given up: nothing of it may be removed by undos that come too late. */
const abandon = (arrival: Arrival): Decision<ArrivalEvent> => {
  if (arrival.status === 'completed') return refused(findings.arrivalCompleted);
  return ['abandoned', 'never', 'returned'].includes(arrival.status)
    ? accepted()
    : accepted({ type: 'portability.arrival-abandoned.v1', data: {} });
};

export const arrivalDecider: Decider<Arrival, ArrivalCommand, ArrivalEvent> = {
  initialState: () => ({ status: 'none' }),
  evolve,
  decide,
};
