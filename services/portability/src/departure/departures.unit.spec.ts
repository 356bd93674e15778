import { describe, expect, it } from '@jest/globals';
import type { DepartureEvent } from '@freehold/portability-contract';
import { createAggregateStore, createAppender, memoryLog, subjectOf } from '@freehold/log';
import { z } from 'zod';
import { departureName } from '../aggregates.js';
import { Departures } from './departures.js';
import { happened, histories, id, type Reached } from './domain/departure.fixture.js';

const place = { operator: id(1), departure: id(4) };
const LONG_MS = 30_000;
const Data = z.record(z.string(), z.json());

function departures() {
  const log = memoryLog();
  const subject = subjectOf(departureName(place.operator, place.departure));
  const append = async ({ type, data }: DepartureEvent) => {
    const last = await log.last(subject);
    const previous = last?.position ?? null;
    const command = { id: crypto.randomUUID(), name: 'tell', digest: '' };
    const actor = { kind: 'system', id: 'spec' } as const;
    const at = '2030-01-01T00:00:00.000Z';
    const told = { version: (last?.commit.version ?? 0) + 1, previous, at, actor, command, cause: null };
    await log.append(
      subject,
      { ...told, correlation: command.id, events: [{ type, data: Data.parse(data) }] },
      previous,
    );
  };
  const reach = async (reached: Reached) => {
    for (const event of histories[reached]) await append(event);
  };
  const store = createAggregateStore({ log, appender: createAppender({ log }), clock: () => new Date() });
  return { append, reach, departures: new Departures(store, log) };
}

/** Who waits within a request is told by the log, and never kept for long. */
describe('waiting for a departure to settle', () => {
  it('ends with what was waited for', async () => {
    const { append, reach, departures: all } = departures();
    await reach('leaving');
    const settled = all.settled(place, LONG_MS);
    await append(happened.handedOver);
    await settled;
    expect((await all.load(place))?.state.status).toBe('handed-over');
  });

  it('ends at once where nothing is under way', async () => {
    for (const reached of ['bound', 'sealed', 'handed-over', 'reopened'] as const) {
      const { reach, departures: all } = departures();
      await reach(reached);
      await all.settled(place, LONG_MS);
    }
  });

  it('does not end with anything else, and ends in time', async () => {
    const { append, reach, departures: all } = departures();
    await reach('leaving');
    const began = performance.now();
    const settled = all.settled(place, 60);
    await append({ type: 'portability.home-answered.v1', data: { job: id(6), redirected: true } });
    await settled;
    expect(performance.now() - began).toBeGreaterThan(50);
    expect((await all.load(place))?.state.status).toBe('leaving');
  });
});
