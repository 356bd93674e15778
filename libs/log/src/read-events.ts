import type { DomainEvent, EventCatalogue, RecordedEvent } from '@freehold/kernel';
import { keepUnknown } from './commit-encoding.js';
import type { PlacedCommit } from './log.port.js';
import { UnknownEvent, UnreadableCommit } from './log.errors.js';

/** An event on its way to its current version. */
interface Read {
  type: string;
  data: object;
}

/**
 * The events of a commit in their current version, checked by their contracts; fields that no contract knows are kept.
 *
 * @throws UnknownEvent, UnreadableCommit: nothing is ever skipped.
 */
export function eventsOf<Event extends DomainEvent>(catalogue: EventCatalogue<Event>, stored: PlacedCommit): Event[] {
  const { position, subject } = stored;
  return stored.commit.events.map((recorded) => {
    const { type, data } = madeCurrent(catalogue, recorded, stored);
    const contract = catalogue.events.find((each) => each.type === type);
    if (contract === undefined) throw new UnknownEvent(type, position, subject);
    const checked = contract.data.safeParse(data);
    if (!checked.success) throw new UnreadableCommit(position, subject, { cause: checked.error });
    keepUnknown(data, checked.data);
    return { type: contract.type, data: checked.data } as Event;
  });
}

/** One version after the other: no chain is longer than the list. */
function madeCurrent({ upcasts = [] }: EventCatalogue, recorded: RecordedEvent, stored: PlacedCommit): Read {
  let read: Read = recorded;
  for (let steps = 0; steps < upcasts.length; steps += 1) {
    const { type, data } = read;
    const upcast = upcasts.find(({ from }) => from.type === type);
    if (upcast === undefined) return read;
    try {
      const known = upcast.from.data.parse(data);
      read = { type: upcast.to, data: withUnknown(upcast.change(known), data, known) };
    } catch (cause) {
      throw new UnreadableCommit(stored.position, stored.subject, { cause });
    }
  }
  return read;
}

/** `next` with the fields of `old` that are not in `known`, what the old contract knows of it, in their places. */
function withUnknown(next: object, old: object, known: object): object {
  const fields = new Map(Object.entries(next));
  const knownFields = new Map<string, unknown>(Object.entries(known));
  for (const [key, value] of Object.entries(old)) {
    const [now, before] = [fields.get(key), knownFields.get(key)];
    if (!knownFields.has(key)) fields.set(key, fields.has(key) ? now : value);
    else if (isObject(now) && isObject(value) && isObject(before)) fields.set(key, withUnknown(now, value, before));
  }
  return Array.isArray(next) ? Object.assign([], Object.fromEntries(fields)) : Object.fromEntries(fields);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
