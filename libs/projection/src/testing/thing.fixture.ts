import { type ContextName, event, type EventCatalogue, type Position, type StoredCommit } from '@freehold/kernel';
import { type Log, subjectOf } from '@freehold/log';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Projection, readWith, resourceProjection } from '../projection.js';
import type { ProjectionRunner } from '../projection-runner.js';
import type { RunnerLogger } from '../runner-options.js';
import { type View, viewEntity } from '../view-entity.js';
import { stateOf, type StoredView } from '../view-table.js';
import type { ViewRow, ViewState } from '../projection.js';

/** A made-up aggregate with a view of each thing and one of each operator's things. */
const contracts = [
  event('accounts.thing-made.v1', z.object({ name: z.string(), size: z.int() })),
  event('accounts.thing-renamed.v1', z.object({ name: z.string() })),
  event('accounts.thing-gone.v1', z.object({})),
] as const;

export type ThingEvent =
  | { type: 'accounts.thing-made.v1'; data: { name: string; size: number } }
  | { type: 'accounts.thing-renamed.v1'; data: { name: string } }
  | { type: 'accounts.thing-gone.v1'; data: Record<string, never> };

export const things: EventCatalogue<ThingEvent> = {
  context: 'accounts',
  aggregate: 'thing',
  events: contracts,
};

export interface ThingRow extends ViewRow {
  name: string;
  size: number | null;
  former: readonly string[];
}

export const thing = resourceProjection<ThingRow, ThingEvent>({
  name: 'thing',
  version: 1,
  of: things,
  evolve(row, { type, data, subject }) {
    switch (type) {
      case 'accounts.thing-made.v1':
        return { id: subject.id, name: data.name, size: data.size < 0 ? null : data.size, former: [] };
      case 'accounts.thing-renamed.v1':
        return row === null ? null : { ...row, name: data.name, former: [...row.former, row.name] };
      case 'accounts.thing-gone.v1':
        return null;
    }
  },
});

interface OwnedRow extends ViewRow {
  names: Readonly<Record<string, string>>;
}

/** Many aggregates to a row, so that the order of positions matters. */
export const owned: Projection<OwnedRow, ThingEvent> = {
  name: 'owned-things',
  version: 1,
  source: { context: 'accounts', aggregate: 'thing' },
  read: readWith(things),
  key: ({ subject }) => subject.operator,
  evolve(row, happened) {
    const { operator, id } = happened.subject;
    const { [id]: name, ...others } = row?.names ?? {};
    const renamed = happened.type === 'accounts.thing-gone.v1' ? {} : { [id]: `${name ?? ''}${happened.data.name}|` };
    const names = { ...others, ...renamed };
    return Object.keys(names).length === 0 ? null : { id: operator, names };
  },
};

export const thingView = viewEntity(thing, {
  columns: {
    name: { type: 'text', value: (row) => row.name },
    size: { type: 'integer', value: (row) => row.size },
  },
});
export const ownedView = viewEntity(owned);

export const made = (name: string, size = 1): ThingEvent => ({ type: 'accounts.thing-made.v1', data: { name, size } });
export const renamed = (name: string): ThingEvent => ({ type: 'accounts.thing-renamed.v1', data: { name } });
export const gone: ThingEvent = { type: 'accounts.thing-gone.v1', data: {} };

export interface Place {
  context?: ContextName;
  operator: string;
  aggregate?: string;
  id: string;
}

/** Appends one commit to what stands in the log. */
export async function append(
  log: Log,
  { context = 'accounts', operator, aggregate = 'thing', id }: Place,
  ...events: readonly { type: string; data: Record<string, unknown> }[]
): Promise<Position> {
  const subject = subjectOf({ context, operator, aggregate, id });
  const last = await log.last(subject);
  const outcome = await log.append(
    subject,
    {
      version: (last?.commit.version ?? 0) + 1,
      previous: last?.position ?? null,
      at: '2026-11-21T09:30:00Z',
      actor: { kind: 'system', id: 'test' },
      command: { id: randomUUID(), name: 'test', digest: 'none' },
      cause: null,
      correlation: randomUUID(),
      events: events.map(({ type, data }) => ({ type, data: z.record(z.string(), z.json()).parse(data) })),
    },
    last?.position ?? null,
  );
  if (outcome.kind !== 'stored') throw new Error('the test appended to one aggregate twice at once');
  return outcome.stored.position;
}

export async function commitsOf(log: Log): Promise<StoredCommit[]> {
  return Array.fromAsync(log.range('1:0', await log.head()));
}

/** What a table holds, by key. */
export async function storedRows(runner: ProjectionRunner, view: View): Promise<Map<string, ViewState<ViewRow>>> {
  const found = await runner.query((em, { table }) =>
    em.execute<StoredView[]>(`select id, operator, position, version, document from ${table(view)}`),
  );
  return new Map(found.map((stored) => [stored.id, stateOf(stored)]));
}

export const silent: RunnerLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };
