import { randomUUID } from 'node:crypto';
import { accepted, acceptedUnless } from '@freehold/decider';
import { type AggregateName, event, type EventsOf } from '@freehold/kernel';
import { z } from 'zod';
import type { AggregateDefinition } from '../aggregate-definition.js';
import type { CommandMeta } from '../aggregate-store.js';

/** An aggregate for tests: a counter that refuses to go above its limit and does nothing when raised by 0. */
export const LIMIT = 1_000;

const events = [event('deployment.raised.v1', z.object({ by: z.int(), note: z.string().optional() }))] as const;

export interface Raise {
  by: number;
  note?: string;
}

export const counter: AggregateDefinition<number, Raise, EventsOf<typeof events>> = {
  context: 'deployment',
  aggregate: 'counter',
  events,
  stateVersion: 1,
  initialState: () => 0,
  evolve: (state, { data }) => state + data.by,
  decide: ({ by, ...rest }, state) =>
    by === 0
      ? accepted()
      : acceptedUnless(
          state + by > LIMIT
            ? [{ pointer: '/by', code: 'too-high', detail: `At most ${LIMIT}.`, hint: 'Raise by less.' }]
            : [],
          { type: 'deployment.raised.v1', data: { by, ...rest } },
        ),
};

export const newCounter = (): AggregateName => ({
  context: 'deployment',
  operator: randomUUID(),
  aggregate: 'counter',
  id: randomUUID(),
});

export const newCommand = (over: Partial<CommandMeta> = {}): CommandMeta => ({
  commandId: randomUUID(),
  commandName: 'deployment.raise',
  digest: 'digest',
  actor: { kind: 'system', id: 'test' },
  cause: null,
  correlation: randomUUID(),
  ...over,
});
