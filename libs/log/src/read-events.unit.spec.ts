import { describe, expect, it } from '@jest/globals';
import { event, eventCatalogue, upcast } from '@freehold/kernel';
import fc from 'fast-check';
import { z } from 'zod';
import { UnknownEvent, UnreadableCommit } from './log.errors.js';
import { eventsOf } from './read-events.js';
import { subjectOf } from './subject.js';
import { counter, newCounter } from './testing/counter.fixture.js';
import { newCommit } from './testing/log.conformance.js';

type Data = Record<string, z.core.util.JSONType>;
const stored = (type: string, data: Data) => ({
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
});

/**
 * An event in three versions: v1 had metres and feet in one field; v2 says which, in a place of its own; v3 has metres
 * only, and null where nobody ever said what the number meant.
 */
const place = { at: z.object({ height: z.number(), note: z.string().optional() }) };
const raisedV1 = event('deployment.crane-raised.v1', z.object({ height: z.number(), unit: z.enum(['m', 'ft', '?']) }));
const raisedV2 = event('deployment.crane-raised.v2', z.object({ ...place, unit: z.enum(['m', 'ft', '?']) }));
const raised = event('deployment.crane-raised.v3', z.object({ at: z.object({ metres: z.number().nullable() }) }));
const METRES = { m: 1, ft: 0.3048, '?': null } as const;
const cranes = eventCatalogue({
  context: 'deployment',
  aggregate: 'crane',
  events: [raised],
  upcasts: [
    upcast(raisedV1, raisedV2, ({ height, unit }) => ({ at: { height }, unit })),
    upcast(raisedV2, raised, ({ at: { height }, unit }) => {
      const factor = METRES[unit];
      return { at: { metres: factor === null ? null : height * factor } };
    }),
  ],
});
const read = (type: string, data: Data) => eventsOf(cranes, stored(type, data));
const current = (data: object) => [{ type: 'deployment.crane-raised.v3', data }];

describe('reading old versions of an event', () => {
  it('makes them current, one version at a time', () => {
    expect(read('deployment.crane-raised.v1', { height: 3, unit: 'm' })).toEqual(current({ at: { metres: 3 } }));
    expect(read('deployment.crane-raised.v2', { at: { height: 10 }, unit: 'ft' })).toEqual(
      current({ at: { metres: 3.048 } }),
    );
    expect(read('deployment.crane-raised.v1', { height: 3, unit: '?' })).toEqual(current({ at: { metres: null } }));
    expect(read('deployment.crane-raised.v3', { at: { metres: 1 } })).toEqual(current({ at: { metres: 1 } }));
  });

  it('keeps every field that the old contract did not know, in its place', () => {
    const known = ['at', 'height', 'unit', 'note', 'metres', '__proto__'];
    const others = fc.dictionary(
      fc.string().filter((name) => !known.includes(name)),
      fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as z.core.util.JSONType),
    );
    fc.assert(
      fc.property(others, others, (above, below) => {
        const made = current({ ...above, at: { ...below, metres: 2 } });
        expect(read('deployment.crane-raised.v2', { ...above, unit: 'm', at: { ...below, height: 2 } })).toEqual(made);
        expect(read('deployment.crane-raised.v3', { ...above, at: { ...below, metres: 2 } })).toEqual(made);
      }),
    );
  });

  it('lets the new version say what a field means that the old one did not know', () => {
    const data = { height: 2, unit: 'm', at: 'the harbour' };
    expect(read('deployment.crane-raised.v1', data)).toEqual(current({ at: { metres: 2 } }));
  });

  it('does not read what the old contract refuses, or what cannot be made current', () => {
    expect(() => read('deployment.crane-raised.v1', { height: 'high', unit: 'm' })).toThrow(UnreadableCommit);
    const broken = { ...cranes, upcasts: [upcast(raisedV1, raisedV2, () => ({}) as never), ...(cranes.upcasts ?? [])] };
    expect(() => eventsOf(broken, stored('deployment.crane-raised.v1', { height: 1, unit: 'm' }))).toThrow(
      UnreadableCommit,
    );
  });

  it('ends where versions lead in a circle, or nowhere', () => {
    const back = upcast(raisedV2, raisedV1, ({ at: { height }, unit }) => ({ height, unit }));
    const circle = { ...cranes, upcasts: [...(cranes.upcasts ?? []).slice(0, 1), back] };
    expect(() => eventsOf(circle, stored('deployment.crane-raised.v1', { height: 1, unit: 'm' }))).toThrow(
      UnknownEvent,
    );
  });
});
