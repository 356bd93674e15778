import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DepartureCommand } from './departure.commands.js';
import { departureDecider } from './departure.decide.js';
import { ask, DEADLINE, EARLY, EXPIRES, LATE, returnOf, STRANGER } from './departure.fixture.js';
import type { Departure, DepartureStatus } from './departure.js';

const at = fc.constantFrom(EARLY, DEADLINE, EXPIRES, LATE);
/** Every command of the fixture, at any time, and what a stranger or a liar would ask. */
const command: fc.Arbitrary<DepartureCommand> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<DepartureCommand>(...Object.values(ask)) },
  fc
    .record({ asked: fc.constantFrom(ask.bind, ask.askSeal, ask.expire, ask.askTenure, ask.extend), at })
    .map(({ asked, at: when }): DepartureCommand => ({ ...asked, at: when })),
  fc.constantFrom<DepartureCommand>(
    { ...ask.grant, to: null },
    { ...ask.bind, by: STRANGER },
    { ...ask.confirm, matches: false },
    { type: 'record-reopened', reopened: null },
    { type: 'return', return: returnOf({ epoch: 2 }) },
  ),
);
/** The way to the middle of a move is long for chance alone: as many of its first steps as chance wants. */
const WAY: DepartureCommand[] = [
  ...[ask.grant, ask.bind, ask.askSeal, ask.publishSeal, ask.askTenure, ask.handOver, ask.recordOpened],
];
const commands = fc
  .tuple(fc.nat({ max: WAY.length }), fc.array(command, { maxLength: 30 }))
  .map(([steps, more]) => [...WAY.slice(0, steps), ...more]);

interface Step {
  before: Departure;
  after: Departure;
  events: string[];
}
const run = (sequence: readonly DepartureCommand[]): Step[] => {
  let before = departureDecider.initialState();
  return sequence.map((each) => {
    const decision = departureDecider.decide(each, before);
    const events = decision.kind === 'accepted' ? decision.events : [];
    const after = events.reduce(departureDecider.evolve, before);
    const step = { before, after, events: events.map(({ type }) => type) };
    before = after;
    return step;
  });
};
const holds = (law: (steps: Step[]) => void) =>
  fc.assert(
    fc.property(commands, (sequence) => law(run(sequence))),
    { numRuns: 2_000 },
  );

describe('whatever is asked of a departure, in whatever order', () => {
  it('never says both that it was handed over and that it runs here again', () => {
    holds((steps) => {
      for (const { after } of steps) {
        if (after.status !== 'none') expect(after.handover !== null && after.reopened !== null).toBe(false);
      }
    });
  });

  it('goes from handed-over only to opened, returned or erased, and keeps its handover', () => {
    const next: Partial<Record<DepartureStatus | 'none', string[]>> = {
      'handed-over': ['handed-over', 'opened', 'returned', 'erased'],
      opened: ['opened', 'erased'],
      returned: ['returned'],
      erased: ['erased'],
    };
    holds((steps) => {
      for (const { before, after } of steps) {
        expect(next[before.status] ?? [after.status]).toContain(after.status);
        if (before.status !== 'none' && before.handover !== null)
          expect(after).toHaveProperty('handover', before.handover);
      }
    });
  });

  it('never lets the tenure be asked for, nor handed over, after it was abandoned', () => {
    holds((steps) => {
      const events = steps.flatMap((step) => step.events);
      const abandoned = events.indexOf('portability.departure-abandoned.v1');
      const after = abandoned < 0 ? [] : events.slice(abandoned);
      expect(after).not.toContain('portability.tenure-asked.v1');
      expect(after).not.toContain('portability.handed-over.v1');
    });
  });

  it('answers a repeat with nothing new', () => {
    fc.assert(
      fc.property(commands, command, (sequence, asked) => {
        const steps = run([...sequence, asked, asked]);
        expect(steps.at(-1)?.events).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('gets everywhere in these runs', () => {
    const seen = new Set<string>();
    holds((steps) => steps.forEach(({ after }) => seen.add(after.status)));
    expect(seen.size).toBe(13);
  });
});
