import type { z } from 'zod';
import type { DomainEvent, EventContract, EventsOf } from './event.js';
import type { ContextName } from './subject.js';

type ObjectContract = EventContract<string, z.ZodType<object>>;

/**
 * How the events of one aggregate are read: the current version of each, and what makes old versions current. It belongs
 * to the contract, because whoever reads them needs both: `evolve`, views and processes, of every context, see current
 * versions only.
 */
export interface EventCatalogue<Event extends DomainEvent = DomainEvent> {
  context: ContextName;
  /** Kebab-case noun, the aggregate's token in subjects. */
  aggregate: string;
  events: readonly EventContract<Event['type'], z.ZodType<object>>[];
  /** One for each old version that was ever written. Applied one after the other until the version is current. */
  upcasts?: readonly Upcast[];
}

/** One old version of an event, and what it is one version later. */
export interface Upcast {
  from: ObjectContract;
  to: string;
  /** @param data as `from` has checked it. */
  change(data: object): object;
}

/**
 * Declares the events of an aggregate.
 *
 * @example
 * export const hostCatalogue = eventCatalogue({ context: 'provisioning', aggregate: 'host', events: hostEvents });
 */
export const eventCatalogue = <const Contracts extends readonly ObjectContract[]>(catalogue: {
  context: ContextName;
  aggregate: string;
  events: Contracts;
  upcasts?: readonly Upcast[];
}): EventCatalogue<Extract<EventsOf<Contracts>, DomainEvent>> => catalogue;

/**
 * Makes an old version of an event the next one. `change` is pure: no clock, no look-up, and no guess of what the old
 * event does not say. Fields that the old contract does not know are carried over by whoever reads (`eventsOf`).
 *
 * @example
 * // Sizes were one number in v1; v2 tells memory from disk.
 * upcast(planDefinedV1, planDefined, ({ name, gigabytes }) => ({ name, memoryBytes: gigabytes * 2 ** 30, diskBytes: null }))
 */
export const upcast = <Old extends z.ZodType<object>, Next extends z.ZodType<object>>(
  from: EventContract<string, Old>,
  to: EventContract<string, Next>,
  change: (data: z.infer<Old>) => z.infer<Next>,
): Upcast => ({ from, to: to.type, change: (data) => change(data as z.infer<Old>) });
