/**
 * A departure: one grant, and what became of it. It decides nothing about the deployment: `sealed`, `reopened` and `left`
 * are the deployment's, and this records its answers.
 *
 *     none ─grant─► granted ─bind─► bound ─ask-seal─► sealing ─publish─► sealed ─ask-tenure─► leaving ─► handed-over
 *                      │              │                  │                  │                                │     │
 *                      └──abandon─────┴───► abandoned    └──abandon─────────┴──► reopening ─► reopened    opened  returned
 *
 * `leaving` ends in `reopening` by its process only (`require-return`), before anything was handed over. Handed over and
 * reopened exclude each other for ever.
 * Only the source's clock judges the grant and the deadlines of capture and seal. On a crash: nothing is here but a fold of the log.
 */
import type { DepartureEvent } from '@freehold/portability-contract';

type Data<Type extends DepartureEvent['type']> = Extract<DepartureEvent, { type: Type }>['data'];
type Granted = Data<'portability.departure-granted.v1'>;
type Bound = Data<'portability.departure-bound.v1'>;
export type SignedSeal = Data<'portability.seal-published.v1'>['seal'];
export type SignedHandover = Data<'portability.handed-over.v1'>['handover'];
export type SignedReopened = NonNullable<Data<'portability.departure-reopened.v1'>['reopened']>;
export type SignedReturn = Data<'portability.departure-returned.v1'>['return'];
export type Way = Data<'portability.tenure-asked.v1'>;

export type DepartureStatus =
  | 'granted'
  | 'bound'
  | 'sealing'
  | 'sealed'
  | 'leaving'
  | 'handed-over'
  | 'opened'
  | 'reopening'
  | 'reopened'
  | 'abandoned'
  | 'returned'
  | 'erased';

export interface Known {
  status: DepartureStatus;
  grant: Granted;
  bound: Bound | null;
  confirmed: boolean;
  seal: SignedSeal | null;
  /** Of the capture while it is being sealed, then of the seal. */
  deadline: string | null;
  way: Way | null;
  handover: SignedHandover | null;
  reopened: SignedReopened | null;
  returned: SignedReturn | null;
  /** Jobs of the courier that were answered already. */
  answered: readonly string[];
}
export type Departure = { status: 'none' } | Known;

export const initialState = (): Departure => ({ status: 'none' });

export const evolve = (departure: Departure, event: DepartureEvent): Departure => {
  if (event.type === 'portability.departure-granted.v1') return granted(event.data);
  return departure.status === 'none' ? departure : evolveKnown(departure, event);
};

const granted = (grant: Granted): Known => ({
  ...{ status: 'granted', grant, bound: null, confirmed: grant.to !== null },
  ...{ seal: null, deadline: null, way: null, handover: null, reopened: null, returned: null, answered: [] },
});

type LaterEvent = Exclude<DepartureEvent, { type: 'portability.departure-granted.v1' }>;

const evolveKnown = (known: Known, event: LaterEvent): Known => {
  switch (event.type) {
    case 'portability.departure-bound.v1':
      return { ...known, status: 'bound', bound: event.data };
    case 'portability.departure-confirmed.v1':
      return { ...known, confirmed: true };
    case 'portability.seal-asked.v1':
      return { ...known, status: 'sealing', deadline: event.data.deadline ?? null };
    case 'portability.seal-published.v1': {
      const { seal } = event.data;
      return { ...known, status: 'sealed', seal, deadline: seal.payload.deadline };
    }
    case 'portability.deadline-extended.v1':
      return { ...known, deadline: event.data.deadline };
    case 'portability.tenure-asked.v1':
      return { ...known, status: 'leaving', way: event.data };
    case 'portability.departure-abandoned.v1':
      return { ...known, status: isUndecided(known.status) ? 'reopening' : 'abandoned' };
    case 'portability.departure-reopened.v1':
      return { ...known, status: 'reopened', reopened: event.data.reopened };
    case 'portability.handed-over.v1':
      return { ...known, status: 'handed-over', handover: event.data.handover };
    case 'portability.target-opened.v1':
      return { ...known, status: 'opened' };
    case 'portability.home-answered.v1':
      return { ...known, answered: [...known.answered, event.data.job] };
    case 'portability.departure-returned.v1':
      return { ...known, status: 'returned', returned: event.data.return };
    case 'portability.departure-erased.v1':
      return { ...known, status: 'erased' };
  }
};

/** A process is under way that will end in `reopened` if nothing else happens. */
export const isSealing = (status: DepartureStatus): boolean => status === 'sealing' || status === 'sealed';

/** The same until the tenure has passed: it is asked for, and nobody has been answered. */
export const isUndecided = (status: DepartureStatus): boolean => isSealing(status) || status === 'leaving';
