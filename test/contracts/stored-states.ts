/**
 * The states that stored histories fold to, under the state version that made them. A change of `evolve`, of an upcast or of
 * `initialState` shows here; it needs a new `stateVersion`, or kept states of the old one would be taken for its own.
 *
 *     histories    written by hand: names of samples, in an order that happens; their last state in full
 *     transitions  of every state that a history passes: what each sample of the aggregate makes of it, as a digest
 */
import type { DomainEvent } from '@freehold/kernel';
import { blank, encodeState, foldCommits, type PlacedCommit, type ReadableAggregate, subjectOf } from '@freehold/log';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { digestOf, type Json, namedSamples, readJson, type Sample, type Samples } from './stored-samples.js';

export type Aggregate = ReadableAggregate<unknown, DomainEvent>;

const StoredState = z.object({
  stateVersion: z.int(),
  histories: z.array(z.object({ events: z.array(z.string()).min(1), state: z.json() })).min(1),
  transitions: z.record(z.string(), z.record(z.string(), z.string())),
});
export type StoredState = z.infer<typeof StoredState>;
const StoredStates = z.record(z.string(), StoredState);
/** By aggregate; all processes of a context, which one `evolve` folds, under `process`. */
export type StoredStates = z.infer<typeof StoredStates>;

export const statesOf = (folder: string, context: string): StoredStates =>
  StoredStates.parse(readJson(folder, 'states', `${context}.json`));

/** Every version that this aggregate can read. */
export const versionsOf = ({ events, upcasts = [] }: Aggregate): string[] => [
  ...events.map(({ type }) => type),
  ...upcasts.map(({ from }) => from.type),
];

/** The same, computed anew. @throws when a history names a sample that there is not */
export function computed(
  aggregate: Aggregate,
  samples: Samples,
  { histories }: Pick<StoredState, 'histories'>,
): StoredState {
  const named = namedSamples(samples);
  const own = [...named].filter(([, { type }]) => versionsOf(aggregate).includes(type));
  const transitions: Record<string, Record<string, string>> = {};
  const passed = (state: unknown): unknown => {
    transitions[digestIn(state)] ??= Object.fromEntries(
      own.map(([name, event]) => [short(aggregate, name), after(aggregate, state, event)]),
    );
    return state;
  };
  const ends = histories.map(({ events }) => {
    const sampleOf = (name: string) => named.get(`${aggregate.context}.${name}`) ?? missing(name);
    const initial = passed(aggregate.initialState());
    const last = events.reduce((state, name) => passed(next(aggregate, state, sampleOf(name))), initial);
    return { events, state: encodeState(last) };
  });
  return { stateVersion: aggregate.stateVersion, histories: ends, transitions };
}

/** What differs from what is stored, each with what to do. */
export function changedStates(aggregate: Aggregate, samples: Samples, stored: StoredState): string[] {
  const name = `${aggregate.context}.${aggregate.aggregate}`;
  const now = computed(aggregate, samples, stored);
  const known = new Set(stored.histories.flatMap(({ events }) => events.map((event) => event.replace(/#\d+$/, ''))));
  const without = versionsOf(aggregate).filter((type) => !known.has(short(aggregate, type)));
  if (without.length > 0) return [`${name}: no history in states/${aggregate.context}.json has ${without.join(', ')}`];
  if (now.stateVersion < stored.stateVersion)
    return [`${name}: the state version ${stored.stateVersion} is taken back`];
  if (now.stateVersion > stored.stateVersion)
    return [`${name}: what is stored is of state version ${stored.stateVersion}: npm run samples`];
  const changed = changesIn(stored, now);
  if (changed.length > 0)
    return [`${name}: the same commits make another state (${changed.join('; ')}). ${raise(aggregate)}`];
  return digestOf(now) === digestOf(stored)
    ? []
    : [`${name}: there are states that are not stored yet: npm run samples`];
}

/** Of what both have: where they differ. */
function changesIn(stored: StoredState, now: StoredState): string[] {
  const histories = stored.histories.flatMap(({ events, state }, index) => {
    const found = now.histories[index]?.state ?? null;
    return state === null || digestOf(state) === digestOf(found)
      ? []
      : [`${events.join(', ')} → ${JSON.stringify(found)}`];
  });
  const transitions = Object.entries(stored.transitions).flatMap(([state, made]) =>
    Object.entries(made)
      .filter(
        ([name, digest]) => now.transitions[state]?.[name] !== undefined && now.transitions[state][name] !== digest,
      )
      .map(([name]) => name),
  );
  return [...histories, ...new Set(transitions)];
}

const raise = ({ context, aggregate, stateVersion }: Aggregate): string =>
  `If that is meant, make stateVersion of ${aggregate} ${stateVersion + 1} (services/${context}/src/aggregates.ts, of processes ` +
  'PROCESS_STATE_VERSION in libs/process), then npm run samples; if not, evolve or an upcast has a mistake.';

const next = (aggregate: Aggregate, state: unknown, event: { type: string; data: Sample }): unknown =>
  foldCommits(aggregate, { ...blank(aggregate), state }, [placed(aggregate, event)]).state;

/** A digest, or `throws`: some events cannot come first. */
function after(aggregate: Aggregate, state: unknown, event: { type: string; data: Sample }): string {
  try {
    return digestIn(next(aggregate, state, event));
  } catch {
    return 'throws';
  }
}

const digestIn = (state: unknown): string => digestOf(encodeState(state)).slice(0, 12);
const short = ({ context }: Aggregate, name: string): string => name.slice(context.length + 1);
const missing = (name: string): never => {
  throw new Error(`a history names ${name}, of which there is no sample`);
};

const ID = randomUUID();
/** A commit of this aggregate with this event. */
export const placed = (
  { context, aggregate }: Pick<Aggregate, 'context' | 'aggregate'>,
  event: { type: string; data: Record<string, Json> },
): PlacedCommit => ({
  position: '1:1',
  subject: subjectOf({ context, operator: ID, aggregate, id: ID }),
  commit: {
    ...{ version: 1, previous: null, at: '2026-11-21T12:00:00.000Z', actor: { kind: 'system', id: 'samples' } },
    ...{ command: { id: ID, name: 'sample', digest: '' }, cause: null, correlation: ID, events: [event] },
  },
});
