import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { plan, type Action, type Actual, type DesiredHeights } from './plan.js';

const nothing: Actual = {
  environment: 'absent',
  units: {},
  configured: null,
  reportedGeneration: 0,
  routed: false,
  parked: false,
};
const unit = { name: 'web', specDigest: 'd1' };
const configured = { generation: 1, units: [unit], filesIntact: true };
const live: Actual = {
  environment: 'present',
  units: { web: { state: 'running', specDigest: 'd1' } },
  configured,
  reportedGeneration: 1,
  routed: true,
  parked: false,
};
const running = (generation = 1): DesiredHeights => ({ generation, want: 'running' });
const said = (actions: readonly Action[]) => actions.map((action) => Object.values(action).join(' '));

describe('the plan for an environment that is to run', () => {
  test('begins with its release, its place and its files', () => {
    expect(said(plan(running(), nothing))).toEqual(['prepare', 'create', 'configure']);
  });

  test('starts what is configured, and reports when it is ready and routed', () => {
    const actual = { ...nothing, environment: 'present' as const, configured };
    expect(said(plan(running(), actual))).toEqual(['start web', 'await-ready', 'route', 'report running']);
  });

  test('does nothing to what holds', () => {
    expect(plan(running(), live)).toEqual([]);
  });

  test('does nothing where the backend cannot say what is there', () => {
    expect(plan(running(2), { ...live, environment: 'cannot-say' })).toEqual([]);
  });

  test('configures a new generation before it touches a unit', () => {
    expect(said(plan(running(2), live))).toEqual(['prepare', 'create', 'configure']);
  });

  test('leaves a unit alone that a new generation does not change', () => {
    const next = { ...live, configured: { ...configured, generation: 2 } };
    expect(said(plan(running(2), next))).toEqual(['await-ready', 'report running']);
  });

  test('restarts only the unit that a new generation changes, and stops what is not declared any more', () => {
    const units = [
      { name: 'db', specDigest: 'd0' },
      { ...unit, specDigest: 'd2' },
    ];
    const actual: Actual = {
      ...live,
      configured: { ...configured, generation: 2, units },
      units: { ...live.units, db: { state: 'running', specDigest: 'd0' }, old: { state: 'running', specDigest: 'x' } },
    };
    expect(said(plan(running(2), actual))).toEqual([
      'stop old',
      'stop web',
      'start web',
      'await-ready',
      'report running',
    ]);
  });

  test('starts a unit that died again, and tells it', () => {
    const died: Actual = { ...live, units: { web: { state: 'exited', specDigest: 'd1' } } };
    expect(said(plan(running(), died))).toEqual(['start web', 'await-ready', 'report-repair web started-again']);
  });

  test('tells nothing of units that an ending agent stopped', () => {
    const parked: Actual = { ...live, parked: true, units: { web: { state: 'exited', specDigest: 'd1' } } };
    expect(said(plan(running(), parked))).toEqual(['start web', 'await-ready']);
  });

  test('writes files again that were changed, and tells it', () => {
    const spoilt: Actual = { ...live, configured: { ...configured, filesIntact: false } };
    expect(said(plan(running(), spoilt))).toEqual([
      'prepare',
      'create',
      'configure',
      'report-repair  configured-again',
    ]);
  });

  test.each(['absent', 'incomplete'] as const)('makes an environment again that is %s', (environment) => {
    const gone: Actual = { ...live, environment, units: {}, configured: { ...configured, filesIntact: false } };
    expect(said(plan(running(), gone)).slice(0, 3)).toEqual(['prepare', 'create', 'configure']);
  });
});

describe('the plan for an environment that is to stop or to go', () => {
  test('takes the names away first', () => {
    expect(said(plan({ generation: 2, want: 'stopped' }, live))).toEqual(['unroute', 'stop web', 'report stopped']);
    expect(said(plan({ generation: 2, want: 'absent' }, live))).toEqual([
      'unroute',
      'stop web',
      'destroy',
      'forget',
      'report absent',
    ]);
  });

  test('says so where there is nothing', () => {
    expect(said(plan({ generation: 1, want: 'absent' }, nothing))).toEqual(['report absent']);
    expect(said(plan({ generation: 1, want: 'stopped' }, nothing))).toEqual(['report stopped']);
  });

  test('stops again what somebody started, and tells it', () => {
    const actual = { ...live, routed: false };
    expect(said(plan({ generation: 1, want: 'stopped' }, actual))).toEqual([
      'stop web',
      'report-repair web stopped-again',
    ]);
  });
});

test('from wherever it begins, the plan comes to hold, and a crash between any two actions does not change that', () => {
  const state = fc.record({
    environment: fc.constantFrom('absent' as const, 'present' as const, 'incomplete' as const),
    units: fc.dictionary(
      fc.constantFrom('web', 'old'),
      fc.record({
        state: fc.constantFrom('running' as const, 'exited' as const),
        specDigest: fc.constantFrom('d1', 'd2', 'd3'),
      }),
    ),
    configured: fc.option(
      fc.record({
        generation: fc.constantFrom(1, 2, 3),
        units: fc.constant([unit]),
        filesIntact: fc.boolean(),
      }),
    ),
    reportedGeneration: fc.constantFrom(0, 1, 2, 3),
    routed: fc.boolean(),
    parked: fc.boolean(),
  });
  const want = fc.constantFrom('running' as const, 'stopped' as const, 'absent' as const);
  fc.assert(
    fc.property(state, want, fc.infiniteStream(fc.nat(3)), (start, wanted, crashes) => {
      const desired = { generation: 3, want: wanted };
      // Units exist only where there is an environment.
      let actual: Actual = start.environment === 'present' ? start : { ...start, units: {} };
      for (let round = 0; round < 200; round += 1) {
        const actions = plan(desired, actual);
        if (actions.length === 0) return holds(desired, actual);
        // A crash after so many of them; in every fourth round there is none.
        const until = round % 4 === 3 ? actions.length : (crashes.next().value ?? 0);
        for (const action of actions.slice(0, until)) actual = done(actual, action);
      }
      return false;
    }),
  );
});

/** What an action makes of the world. */
function done(actual: Actual, action: Action): Actual {
  switch (action.do) {
    case 'create':
      return { ...actual, environment: 'present' };
    case 'configure':
      return {
        ...actual,
        environment: 'present',
        configured: { generation: 3, filesIntact: true, units: [{ name: 'web', specDigest: 'd3' }] },
      };
    case 'stop':
      return { ...actual, units: { ...actual.units, [action.unit]: { state: 'exited', specDigest: 'd1' } } };
    case 'start':
      return {
        ...actual,
        parked: false,
        units: { ...actual.units, [action.unit]: { state: 'running', specDigest: digestOf(actual, action.unit) } },
      };
    case 'route':
      return { ...actual, routed: true };
    case 'unroute':
      return { ...actual, routed: false };
    case 'destroy':
      return { ...actual, environment: 'absent', units: {} };
    case 'forget':
      return { ...actual, configured: null };
    case 'report':
      return { ...actual, reportedGeneration: 3 };
    case 'prepare':
    case 'await-ready':
    case 'report-repair':
      return actual;
  }
}

const digestOf = ({ configured: known }: Actual, name: string): string =>
  known?.units.find((one) => one.name === name)?.specDigest ?? '';

function holds({ want }: DesiredHeights, actual: Actual): boolean {
  const runs = Object.entries(actual.units).filter(([, { state }]) => state === 'running');
  switch (want) {
    case 'running':
      return actual.routed && runs.length === 1 && runs[0]?.[1].specDigest === digestOf(actual, 'web');
    case 'stopped':
      return !actual.routed && runs.length === 0;
    case 'absent':
      return !actual.routed && actual.environment === 'absent';
  }
}
