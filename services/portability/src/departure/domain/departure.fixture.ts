/** A departure in the words of its specs: what is asked, what has happened, and the statements that both carry. */
import type { DepartureEvent } from '@freehold/portability-contract';
import type { DepartureCommand, Peer } from './departure.commands.js';
import type { SignedHandover, SignedReopened, SignedReturn, SignedSeal } from './departure.js';

export const id = (last: number): string => `6f6f2f3e-5df0-4b8e-9a36-${String(last).padStart(12, '0')}`;
export const SOURCE = 'http://127.0.0.2:8420';
export const TARGET: Peer = { provider: 'http://127.0.0.3:8420', kid: 't'.repeat(43) };
export const STRANGER: Peer = { provider: 'http://127.0.0.4:8420', kid: 'u'.repeat(43) };
export const DEPARTURE = id(4);
const SEAL_MS = 30 * 60_000;
/** Before the grant expires, and before the seal's deadline. */
export const EARLY = '2026-11-21T12:00:00.000Z';
export const DEADLINE = '2026-11-21T12:30:00.000Z';
export const EXPIRES = '2026-11-21T13:00:00.000Z';
export const LATE = '2026-11-21T14:00:00.000Z';

const about = (epoch: number) => ({
  ...{ source: SOURCE, departure: DEPARTURE, deployment: id(3), lineage: id(5), epoch },
  ...{ position: '1:41' as const, at: EARLY },
});
const by = ({ kid }: { kid: string }) => ({ kid, signature: 's'.repeat(86) });
const OURS = { kid: 'k'.repeat(43) };

export const seal: SignedSeal = {
  kind: 'seal',
  payload: {
    ...{ source: SOURCE, departure: DEPARTURE, deployment: id(3), lineage: id(5), epoch: 1, position: '1:41' },
    ...{ tagManifestSha256: 'c'.repeat(64), payloadBytes: 3, payloadFiles: 1, deadline: DEADLINE },
  },
  ...by(OURS),
};
export const handover: SignedHandover = {
  kind: 'handover',
  payload: { ...about(2), to: TARGET },
  ...by(OURS),
};
export const reopened: SignedReopened = { kind: 'reopened', payload: about(1), ...by(OURS) };
export const returnOf = (changed: Partial<SignedReturn['payload']> = {}): SignedReturn => ({
  kind: 'return',
  payload: { ...about(3), target: TARGET.provider, arrival: id(7), ...changed },
  ...by(TARGET),
});

const granted = (to: Peer | null) => ({ deployment: id(3), lineage: id(5), to, expires: EXPIRES });
const way = { address: '127.0.0.3', port: 8080 };
const abandoned = (data: Extract<DepartureEvent, { type: 'portability.departure-abandoned.v1' }>['data']) =>
  ({ type: 'portability.departure-abandoned.v1', data }) satisfies DepartureEvent;

export const happened = {
  granted: { type: 'portability.departure-granted.v1', data: granted(TARGET) },
  grantedToAnybody: { type: 'portability.departure-granted.v1', data: granted(null) },
  bound: { type: 'portability.departure-bound.v1', data: { by: TARGET, recipient: 'age1', nonce: 'n' } },
  confirmed: { type: 'portability.departure-confirmed.v1', data: {} },
  sealAsked: { type: 'portability.seal-asked.v1', data: { at: EARLY, deadline: DEADLINE } },
  sealPublished: { type: 'portability.seal-published.v1', data: { seal } },
  extended: { type: 'portability.deadline-extended.v1', data: { deadline: '2026-11-21T12:50:00.000Z' } },
  tenureAsked: { type: 'portability.tenure-asked.v1', data: way },
  abandonedByTarget: abandoned({ by: 'target', findings: [] }),
  abandonedByProcess: abandoned({ by: 'process', findings: [] }),
  reopened: { type: 'portability.departure-reopened.v1', data: { reopened } },
  handedOver: { type: 'portability.handed-over.v1', data: { handover } },
  targetOpened: { type: 'portability.target-opened.v1', data: {} },
  returned: { type: 'portability.departure-returned.v1', data: { return: returnOf() } },
  erased: {
    type: 'portability.departure-erased.v1',
    data: { at: LATE, lineage: id(5), epoch: 2, to: TARGET.provider },
  },
} as const satisfies Record<string, DepartureEvent>;

const sealed = [happened.granted, happened.bound, happened.sealAsked, happened.sealPublished];
const handedOver = [...sealed, happened.tenureAsked, happened.handedOver];

/** A history that leads to each state. */
export const histories = {
  none: [],
  granted: [happened.granted],
  bound: [happened.granted, happened.bound],
  sealing: [happened.granted, happened.bound, happened.sealAsked],
  sealed,
  leaving: [...sealed, happened.tenureAsked],
  'handed-over': handedOver,
  opened: [...handedOver, happened.targetOpened],
  reopening: [...sealed, happened.abandonedByTarget],
  reopened: [...sealed, happened.abandonedByTarget, happened.reopened],
  abandoned: [happened.granted, happened.bound, happened.abandonedByTarget],
  returned: [...handedOver, happened.returned],
  erased: [...handedOver, happened.targetOpened, happened.erased],
} as const satisfies Record<string, readonly DepartureEvent[]>;
export type Reached = keyof typeof histories;

export const ask = {
  grant: { type: 'grant', ...granted(TARGET) },
  bind: { type: 'bind', by: TARGET, recipient: 'age1', nonce: 'n', at: EARLY },
  confirm: { type: 'confirm', matches: true },
  askSeal: { type: 'ask-seal', at: EARLY, captureMs: SEAL_MS },
  publishSeal: { type: 'publish-seal', seal },
  extend: { type: 'extend', of: 'sealed', at: '2026-11-21T12:20:00.000Z', extensionMs: SEAL_MS },
  extendCapture: { type: 'extend', of: 'sealing', at: '2026-11-21T12:20:00.000Z', extensionMs: SEAL_MS },
  expectTenure: { type: 'expect-tenure' },
  askTenure: { type: 'ask-tenure', at: EARLY, ...way },
  abandon: { type: 'abandon', by: 'target', findings: [] },
  expire: { type: 'expire', at: DEADLINE },
  recordReopened: { type: 'record-reopened', reopened },
  handOver: { type: 'hand-over', handover },
  expectOpened: { type: 'expect-opened' },
  recordOpened: { type: 'record-opened' },
  requireReturn: { type: 'require-return' },
  recordHomeAnswer: { type: 'record-home-answer', job: id(6), redirected: true },
  return: { type: 'return', return: returnOf() },
  recordErased: { type: 'record-erased', ...happened.erased.data },
} as const satisfies Record<string, DepartureCommand>;
export type Asked = keyof typeof ask;
