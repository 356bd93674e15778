/** How a departure ends: given up, too late, reopened, handed over, opened or given back there, erased. */
import { accepted, type Decision, refused } from '@freehold/decider';
import type { DepartureEvent } from '@freehold/portability-contract';
import type { DepartureCommand } from './departure.commands.js';
import * as findings from './departure.findings.js';
import { isSealing, isUndecided, type Known } from './departure.js';

type EndCommand = Extract<
  DepartureCommand,
  {
    type:
      | 'abandon'
      | 'expire'
      | 'record-reopened'
      | 'hand-over'
      | 'expect-opened'
      | 'record-opened'
      | 'record-home-answer'
      | 'require-return'
      | 'return'
      | 'record-erased';
  }
>;
type Command<Type extends EndCommand['type']> = Extract<EndCommand, { type: Type }>;

const ENDED = ['reopening', 'reopened', 'abandoned'];
const PASSED = ['handed-over', 'opened'];

export const decideEnd = (command: EndCommand, departure: Known): Decision<DepartureEvent> => {
  switch (command.type) {
    case 'abandon':
      return abandon(command, departure);
    case 'expire': {
      const { status, deadline } = departure;
      const isOver = isSealing(status) && deadline !== null && command.at >= deadline;
      return isOver ? tooLate(status) : accepted();
    }
    case 'record-reopened':
      return recordReopened(command, departure);
    case 'hand-over':
      if (departure.handover !== null) return accepted();
      if (departure.status !== 'leaving') return refused(findings.notHandedOver);
      return accepted({ type: 'portability.handed-over.v1', data: { handover: command.handover } });
    case 'expect-opened':
      return departure.handover === null ? refused(findings.notHandedOver) : accepted();
    case 'record-opened':
      if (departure.status === 'opened' || departure.status === 'erased') return accepted();
      if (departure.status !== 'handed-over') return refused(findings.notHandedOver);
      return accepted({ type: 'portability.target-opened.v1', data: {} });
    case 'record-home-answer':
      return recordHomeAnswer(command, departure);
    case 'require-return':
      return requireReturn(departure);
    case 'return':
      return takeReturn(command, departure);
    case 'record-erased':
      return recordErased(command, departure);
  }
};

export const tooLate = (status: Known['status']): Decision<DepartureEvent> => {
  const why = status === 'sealing' ? findings.captureOverdue : findings.deadlinePassed;
  return accepted({ type: 'portability.departure-abandoned.v1', data: { by: 'deadline', findings: [why] } });
};

const abandon = ({ by, findings: why }: Command<'abandon'>, { status }: Known): Decision<DepartureEvent> => {
  if (ENDED.includes(status) || status === 'returned') return accepted();
  if (status === 'leaving' || PASSED.includes(status) || status === 'erased')
    return refused(findings.tenureAlreadyAsked);
  return accepted({ type: 'portability.departure-abandoned.v1', data: { by, findings: why } });
};

/**
 * The process says so after the deployment has decided it. After a return it has said everything already; what was handed
 * over and did not come back is never said to run here.
 */
const recordReopened = (
  { reopened }: Command<'record-reopened'>,
  { status, handover }: Known,
): Decision<DepartureEvent> => {
  if (status === 'reopened' || status === 'returned') return accepted();
  if (handover !== null) return refused(findings.notReturned);
  const events: DepartureEvent[] = isUndecided(status) ? [givenUpByProcess] : [];
  return accepted(...events, { type: 'portability.departure-reopened.v1', data: { reopened } });
};

/** Undo of handing over. Where it never happened, the mark refuses a handover that comes late: it will run here again. */
const requireReturn = ({ status, handover, returned }: Known): Decision<DepartureEvent> => {
  if (returned !== null) return accepted();
  if (handover !== null) return refused(findings.notReturned);
  return isUndecided(status) ? accepted(givenUpByProcess) : accepted();
};

const givenUpByProcess: DepartureEvent = {
  type: 'portability.departure-abandoned.v1',
  data: { by: 'process', findings: [] },
};

const recordHomeAnswer = (
  { job, redirected }: Command<'record-home-answer'>,
  { answered }: Known,
): Decision<DepartureEvent> =>
  answered.includes(job) ? accepted() : accepted({ type: 'portability.home-answered.v1', data: { job, redirected } });

/** Only what is live at the target is certified to be erased here. */
const recordErased = (
  { type: _type, ...data }: Command<'record-erased'>,
  { status }: Known,
): Decision<DepartureEvent> => {
  if (status === 'erased') return accepted();
  if (status !== 'opened') return refused(findings.notHandedOver);
  return accepted({ type: 'portability.departure-erased.v1', data });
};

const takeReturn = ({ return: given }: Command<'return'>, departure: Known): Decision<DepartureEvent> => {
  if (departure.returned !== null) return accepted();
  const handover = departure.handover?.payload;
  const isItsOwn =
    handover !== undefined &&
    given.payload.departure === handover.departure &&
    given.payload.lineage === handover.lineage &&
    given.payload.epoch === handover.epoch + 1;
  if (departure.status !== 'handed-over' || !isItsOwn) return refused(findings.returnInvalid);
  return accepted({ type: 'portability.departure-returned.v1', data: { return: given } });
};
