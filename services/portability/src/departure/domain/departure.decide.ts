import { accepted, type Decider, type Decision, refused } from '@freehold/decider';
import type { DepartureEvent } from '@freehold/portability-contract';
import { isDeepStrictEqual } from 'node:util';
import type { DepartureCommand } from './departure.commands.js';
import { decideEnd, tooLate } from './departure-end.decide.js';
import * as findings from './departure.findings.js';
import { type Departure, evolve, initialState, isSealing, isUndecided, type Known } from './departure.js';

type Command<Type extends DepartureCommand['type']> = Extract<DepartureCommand, { type: Type }>;

const decide = (command: DepartureCommand, departure: Departure): Decision<DepartureEvent> => {
  if (command.type === 'grant') return grant(command, departure);
  if (departure.status === 'none') return refused(findings.departureEnded);
  switch (command.type) {
    case 'bind':
      return bind(command, departure);
    case 'confirm':
      return confirm(command, departure);
    case 'ask-seal':
      return askSeal(command, departure);
    case 'publish-seal':
      return publishSeal(command, departure);
    case 'extend':
      return extend(command, departure);
    case 'ask-tenure':
      return askTenure(command, departure);
    case 'expect-tenure':
      return expectTenure(departure);
    case 'abandon':
    case 'expire':
    case 'record-reopened':
    case 'hand-over':
    case 'expect-opened':
    case 'record-opened':
    case 'record-home-answer':
    case 'require-return':
    case 'return':
    case 'record-erased':
      return decideEnd(command, departure);
  }
};

const grant = ({ type: _type, ...data }: Command<'grant'>, departure: Departure): Decision<DepartureEvent> => {
  if (departure.status === 'none') return accepted({ type: 'portability.departure-granted.v1', data });
  return isDeepStrictEqual(departure.grant, data) ? accepted() : refused(findings.differs);
};

/** The first who brings it, by its key; the same one again is answered alike, also after its time. */
const bind = ({ type: _type, at, ...data }: Command<'bind'>, departure: Known): Decision<DepartureEvent> => {
  const { grant, bound, status } = departure;
  const isFor = grant.to === null || isDeepStrictEqual(grant.to, data.by);
  if (bound !== null) return isDeepStrictEqual(bound.by, data.by) ? accepted() : refused(findings.grantOfAnother);
  if (!isFor) return refused(findings.grantOfAnother);
  if (status !== 'granted') return refused(findings.departureEnded);
  if (at >= grant.expires) return refused(findings.grantExpired);
  return accepted({ type: 'portability.departure-bound.v1', data });
};

const confirm = ({ matches }: Command<'confirm'>, departure: Known): Decision<DepartureEvent> => {
  if (departure.bound === null) return refused(findings.nobodyCame);
  if (!matches) return refused(findings.fingerprintDiffers);
  if (departure.confirmed) return accepted();
  if (departure.status !== 'bound') return refused(findings.departureEnded);
  return accepted({ type: 'portability.departure-confirmed.v1', data: {} });
};

const askSeal = ({ at, captureMs }: Command<'ask-seal'>, departure: Known): Decision<DepartureEvent> => {
  const { status, confirmed, grant } = departure;
  if (isSealing(status) || ['leaving', 'handed-over', 'opened'].includes(status)) return accepted();
  if (status !== 'bound') return refused(findings.departureEnded);
  if (!confirmed) return refused(findings.unconfirmed);
  if (at >= grant.expires) return refused(findings.grantExpired);
  const deadline = new Date(Date.parse(at) + captureMs).toISOString();
  return accepted({ type: 'portability.seal-asked.v1', data: { at, deadline } });
};

const publishSeal = ({ seal }: Command<'publish-seal'>, departure: Known): Decision<DepartureEvent> => {
  if (departure.seal !== null) return accepted();
  if (departure.status !== 'sealing') return refused(findings.departureEnded);
  return accepted({ type: 'portability.seal-published.v1', data: { seal } });
};

const expectTenure = ({ status }: Known): Decision<DepartureEvent> =>
  isUndecided(status) ? accepted() : refused(findings.departureEnded);

/** Not more often than every sixth of the extension: a busy host is no reason to fill the log. */
const extend = ({ of, at, extensionMs }: Command<'extend'>, departure: Known): Decision<DepartureEvent> => {
  const { status, deadline } = departure;
  if (status !== of || deadline === null || at >= deadline) return accepted();
  const next = Date.parse(at) + extensionMs;
  if (next - Date.parse(deadline) < extensionMs / 6) return accepted();
  return accepted({ type: 'portability.deadline-extended.v1', data: { deadline: new Date(next).toISOString() } });
};

const askTenure = ({ type: _type, at, ...way }: Command<'ask-tenure'>, departure: Known): Decision<DepartureEvent> => {
  const { status, deadline } = departure;
  if (departure.way !== null) return accepted();
  if (status === 'reopening' || status === 'reopened') return accepted(); // the answer is that it was reopened
  if (status !== 'sealed') return refused(findings.notSealed);
  if (deadline !== null && at >= deadline) return tooLate(status);
  return accepted({ type: 'portability.tenure-asked.v1', data: way });
};

export const departureDecider: Decider<Departure, DepartureCommand, DepartureEvent> = { initialState, evolve, decide };
