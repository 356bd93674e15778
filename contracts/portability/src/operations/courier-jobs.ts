import { Id } from '@freehold/kernel';
import { z } from 'zod';
import { ProviderOrigin } from '../provider.js';

const Asked = z.object({ id: Id, operator: Id });

/** The courier speaks to the source for an arrival: subject `job.courier.<arrival>`. */
export const ArrivalErrand = Asked.extend({
  arrival: Id,
  task: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('seal') }),
    z.object({ kind: z.literal('abandon') }),
    /** `host`: whose router will serve it. */
    z.object({ kind: z.literal('tenure'), host: z.string() }),
    /** Ends with the source's word: it runs there again. */
    z.object({ kind: z.literal('give-back') }),
    z.object({ kind: z.literal('opened') }),
  ]),
});
export type ArrivalErrand = z.infer<typeof ArrivalErrand>;

/** And to the homes of names for a departure: subject `job.courier.<departure>`. */
export const DepartureErrand = Asked.extend({
  departure: Id,
  task: z.object({
    kind: z.literal('redirect'),
    /** Ids of names. */
    names: z.array(z.object({ name: z.string(), home: ProviderOrigin })).min(1),
  }),
});
export type DepartureErrand = z.infer<typeof DepartureErrand>;

/** What the courier is asked to do. */
export const CourierJob = z.union([ArrivalErrand, DepartureErrand]);
export type CourierJob = z.infer<typeof CourierJob>;
