import { describe, expect, it } from '@jest/globals';
import { event } from '@freehold/kernel';
import { z } from 'zod';
import { eventsOf } from './aggregate-definition.js';
import { UnknownEvent, UnreadableCommit } from './log.errors.js';
import { subjectOf } from './subject.js';
import { counter, newCounter } from './testing/counter.fixture.js';
import { newCommit } from './testing/log.conformance.js';

const stored = (type: string, data: Record<string, z.core.util.JSONType>) => ({
  position: '1:7' as const,
  subject: subjectOf(newCounter()),
  commit: newCommit({ events: [{ type, data }] }),
});

describe('reading events', () => {
  it('keeps fields that the contract does not know, at any depth', () => {
    const nested = { ...counter, events: [event('deployment.raised.v1', z.object({ by: z.int(), in: z.object({}) }))] };
    const data = { by: 1, later: 'x', in: { later: [1, { y: 2 }] } };
    expect(eventsOf(nested, stored('deployment.raised.v1', data))).toEqual([{ type: 'deployment.raised.v1', data }]);
  });

  it('names an unknown type and where it stands', () => {
    const unknown = stored('deployment.vanished.v1', {});
    expect(() => eventsOf(counter, unknown)).toThrow(UnknownEvent);
    expect(() => eventsOf(counter, unknown)).toThrow(/deployment\.vanished\.v1 at 1:7/);
  });

  it('does not read what contradicts its contract', () => {
    expect(() => eventsOf(counter, stored('deployment.raised.v1', { by: 'much' }))).toThrow(UnreadableCommit);
  });

  it('makes old versions current, one version at a time', () => {
    const definition = {
      ...counter,
      upcast: {
        'deployment.lifted.v1': ({ height }: Readonly<Record<string, unknown>>) => ({
          type: 'deployment.lifted.v2',
          data: { up: height },
        }),
        'deployment.lifted.v2': ({ up }: Readonly<Record<string, unknown>>) => ({
          type: 'deployment.raised.v1',
          data: { by: up },
        }),
      },
    };
    expect(eventsOf(definition, stored('deployment.lifted.v1', { height: 3 }))).toEqual([
      { type: 'deployment.raised.v1', data: { by: 3 } },
    ]);
  });
});
