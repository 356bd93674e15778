import { Finding, Id, operation, OperatorParams, Position } from '@freehold/kernel';
import { RestoreResult } from '@freehold/deployment-contract';
import { z } from 'zod';
import { signed } from '../statements.js';

/** The commands of the processes' steps to departures and arrivals. Not on HTTP. */
const step = {
  kind: 'command',
  permission: 'process:act',
  scope: 'operator',
  params: OperatorParams,
  since: '0.2.0',
} as const;
const OfDeparture = z.strictObject({ departure: Id });
const OfArrival = z.strictObject({ arrival: Id });
const DONE = z.object({});

/** Signs what was captured; the target sees it from now on. */
export const publishSeal = operation({
  ...step,
  id: 'portability.publish-seal',
  summary: 'Signs a captured bag.',
  body: OfDeparture.extend({
    epoch: z.int().positive(),
    tagManifestSha256: z.string(),
    payloadBytes: z.int().nonnegative(),
    payloadFiles: z.int().nonnegative(),
    position: Position,
  }),
  reply: DONE,
  refusals: ['departure-ended'],
});
/** Accepted while it is still open; whoever waits does so for `tenure-asked` or `departure-abandoned`. */
export const expectTenure = operation({
  ...step,
  id: 'portability.expect-tenure',
  summary: 'Waits for the target to ask for the tenure.',
  body: OfDeparture,
  reply: DONE,
  refusals: ['departure-ended'],
});
/** Accepted when the tenure has passed; whoever waits does so for `target-opened` or `departure-returned`. */
export const expectOpened = operation({
  ...step,
  id: 'portability.expect-opened',
  summary: 'Waits until it is live at the target, or comes back.',
  body: OfDeparture,
  reply: DONE,
  refusals: ['departure-ended', 'departure-not-handed-over'],
});
/** Undo of everything before `left`: says that it runs here again, and what that means. */
export const recordReopened = operation({
  ...step,
  id: 'portability.record-reopened',
  summary: 'Signs that a deployment runs here again.',
  body: OfDeparture,
  reply: DONE,
  refusals: ['tenure-not-returned'],
});
export const handOver = operation({
  ...step,
  id: 'portability.hand-over',
  summary: 'Signs the handover of a tenure that has passed.',
  body: OfDeparture.extend({ epoch: z.int().positive(), position: Position }),
  reply: z.object({ address: z.string(), port: z.number(), to: z.string() }),
  refusals: ['departure-not-handed-over'],
});
/** Undo of a handover: refused unless the target has given it back, so that nothing runs twice. */
export const requireReturn = operation({
  ...step,
  id: 'portability.require-return',
  summary: 'Makes sure that a tenure came back.',
  body: OfDeparture,
  reply: DONE,
  refusals: ['departure-ended', 'tenure-not-returned'],
});
export const recordErased = operation({
  ...step,
  id: 'portability.record-erased',
  summary: 'Certifies that nothing of it is left here.',
  body: OfDeparture,
  reply: DONE,
  refusals: ['departure-not-handed-over'],
});

/** Compares what the source and this side reported; a difference refuses. */
export const verifyArrival = operation({
  ...step,
  id: 'portability.verify-arrival',
  summary: 'Compares what was restored with what the source had.',
  /** `closed` false: it could not be started closed, so that there is no identity to compare. */
  body: OfArrival.extend({
    restored: RestoreResult,
    identity: z.json().nullable(),
    closed: z.boolean().default(true),
  }),
  reply: DONE,
  refusals: ['state-differs', 'identity-differs', 'arrival-abandoned'],
});
export const signReturn = operation({
  ...step,
  id: 'portability.sign-return',
  summary: 'Gives a tenure back that was never used.',
  body: OfArrival.extend({ handover: signed('handover') }),
  reply: z.object({ return: signed('return') }),
  refusals: ['arrival-abandoned', 'arrival-completed'],
});
export const completeArrival = operation({
  ...step,
  id: 'portability.complete-arrival',
  summary: 'It is live here.',
  body: OfArrival,
  reply: DONE,
  refusals: ['arrival-abandoned'],
});
/** First step: nothing but the place of its undo, the last one, which marks the arrival as given up. */
export const beginArrival = operation({
  ...step,
  id: 'portability.begin-arrival',
  summary: 'Begins what was accepted.',
  body: OfArrival,
  reply: DONE,
  refusals: ['arrival-abandoned'],
});
export const abandonArrival = operation({
  ...step,
  id: 'portability.abandon-arrival',
  summary: 'Marks an arrival as given up.',
  body: OfArrival,
  reply: DONE,
  refusals: ['arrival-completed'],
});

export const recordSourceAnswer = operation({
  ...step,
  id: 'portability.record-source-answer',
  summary: 'The courier says what the source answered.',
  body: OfArrival.extend({
    job: Id,
    outcome: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('answered'), answer: z.json() }),
      z.strictObject({ kind: z.literal('failed'), findings: z.array(Finding).max(50) }),
    ]),
  }),
  reply: DONE,
  refusals: [],
});
/** The courier says what the homes of the names answered: they lead them on, or (false) one had taken its name back. */
export const recordHomeAnswer = operation({
  ...step,
  id: 'portability.record-home-answer',
  summary: 'The courier says what became of names at their homes.',
  body: OfDeparture.extend({ job: Id, redirected: z.boolean() }),
  reply: DONE,
  refusals: ['departure-ended'],
});
