import { event, eventCatalogue, type EventsOf, Finding, Id } from '@freehold/kernel';
import { RestoreResult } from '@freehold/deployment-contract';
import { z } from 'zod';
import { KeyId, ProviderOrigin } from '../provider.js';
import { MoveId, signed } from '../statements.js';

/** What differs between the source's report and what was restored. */
export const Comparison = z.object({
  equal: z.boolean(),
  /** What was counted here: one row a table, or for files one a part, with the digest of everything in it. */
  parts: z.array(z.object({ part: z.string(), name: z.string(), count: z.number(), digest: z.string() })),
  /** Where the source's report says something else. */
  differences: RestoreResult.shape.differences,
  /** `checked` false: its host cannot close, so that it was not asked before it opened. */
  /** Both enciphered in the log. */
  identity: z.object({
    before: z.json().nullable(),
    after: z.json().nullable(),
    checked: z.boolean().optional(),
  }),
});
export type Comparison = z.infer<typeof Comparison>;

/** The source showed what there is, and nothing speaks against taking it. */
export const arrivalAccepted = event(
  'portability.arrival-accepted.v1',
  z.object({
    source: z.object({ provider: ProviderOrigin, kid: KeyId }),
    departure: Id,
    move: MoveId,
    nonce: z.string(),
    deployment: Id,
    environment: Id,
    lineage: Id,
    epoch: z.int().positive(),
    application: z.string(),
    version: z.string(),
    identity: z.json().nullable(),
  }),
);
/** The source answered what a step had asked of it. */
export const sourceAnswered = event('portability.source-answered.v1', z.object({ job: Id, answer: z.json() }));
/** The source refused, or broke its word. */
export const sourceFailed = event('portability.source-failed.v1', z.object({ job: Id, findings: z.array(Finding) }));
/** Everything was counted and compared before the tenure was asked for. */
export const arrivalVerified = event('portability.arrival-verified.v1', z.object({ comparison: Comparison }));
/** It never opened here: the tenure goes back. */
export const arrivalReturned = event('portability.arrival-returned.v1', z.object({ return: signed('return') }));
/** It is live here. */
export const arrivalCompleted = event('portability.arrival-completed.v1', z.object({}));
/** Nothing of it is left here; a mark as well, for what comes late. */
export const arrivalAbandoned = event('portability.arrival-abandoned.v1', z.object({}));

export const arrivalEvents = [
  arrivalAccepted,
  sourceAnswered,
  sourceFailed,
  arrivalVerified,
  arrivalReturned,
  arrivalCompleted,
  arrivalAbandoned,
] as const;
export type ArrivalEvent = EventsOf<typeof arrivalEvents>;
export const arrivalCatalogue = eventCatalogue({ context: 'portability', aggregate: 'arrival', events: arrivalEvents });
