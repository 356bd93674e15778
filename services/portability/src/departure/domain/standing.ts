/** A departure as the target sees it, and as people do. */
import type { DepartureStanding } from '@freehold/portability-contract';
import type { Departure, DepartureStatus, Known } from './departure.js';

/** Never more than the target needs: whether it was confirmed, by whom and for whom is the operator's. */
export function standingOf({ status, seal, deadline, handover, reopened }: Known): DepartureStanding {
  const isOver = status === 'reopening' || status === 'reopened' || status === 'abandoned';
  return {
    status: STANDINGS[status],
    seal: isOver ? null : seal,
    deadline: status === 'sealed' ? deadline : null,
    handover,
    reopened,
  };
}

const UNDER_WAY: readonly string[] = ['sealing', 'leaving', 'reopening'] satisfies DepartureStatus[];

/** This side is doing something that the target waits for. */
export const isUnderWay = ({ status }: Departure): boolean => UNDER_WAY.includes(status);

const STANDINGS: Readonly<Record<DepartureStatus, DepartureStanding['status']>> = {
  granted: 'granted',
  bound: 'bound',
  sealing: 'sealing',
  sealed: 'sealed',
  leaving: 'leaving',
  'handed-over': 'handed-over',
  opened: 'handed-over',
  reopening: 'reopening',
  reopened: 'reopened',
  abandoned: 'reopened',
  returned: 'returned',
  erased: 'erased',
};

/** What would happen if it were abandoned now. */
export const ifAbandoned = (status: DepartureStatus): string => TEXTS[status];

const TEXTS: Readonly<Record<DepartureStatus, string>> = {
  granted: 'The grant would end. It runs here as before.',
  bound: 'The target would throw away what it has copied. It runs here as before.',
  sealing: 'It would run here again within seconds; the target would throw away what it has copied.',
  sealed: 'It would run here again within seconds; the target would throw away what it has restored.',
  leaving: 'It cannot be abandoned now: in seconds it is live here or there.',
  'handed-over': 'It cannot be abandoned: the tenure has passed to the target. A move back brings it here.',
  opened: 'It cannot be abandoned: it is live at the target. A move back brings it here.',
  reopening: 'It was abandoned, and is about to run here again.',
  reopened: 'It has ended: it runs here.',
  abandoned: 'It has ended: it runs here.',
  returned: 'It has ended: the target gave it back, and it runs here.',
  erased: 'It has ended: it is live elsewhere, and nothing is left here but its history.',
};
