import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { plan, type Action, type Actual, type DesiredHeights } from './plan.js';

const nothing: Actual = {
  environment: 'absent',
  units: {},
  configured: null,
  reportedGeneration: 0,
  routed: false,
  forwarded: null,
  parked: false,
};
const unit = { name: 'web', specDigest: 'd1', closedSpecDigest: 'c1' };
const there = { address: '127.0.0.3', port: 8080 };
const configured = { generation: 1, units: [unit], filesIntact: true };
const live: Actual = {
  environment: 'present',
  units: { web: { state: 'running', specDigest: 'd1' } },
  configured,
  reportedGeneration: 1,
  routed: true,
  forwarded: null,
  parked: false,
};
const enclosed: Actual = { ...live, units: { web: { state: 'running', specDigest: 'c1' } }, routed: false };
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
      { name: 'db', specDigest: 'd0', closedSpecDigest: 'c0' },
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

describe('the plan for an environment that is to be closed', () => {
  const closed = (generation = 1): DesiredHeights => ({ generation, want: 'closed' });

  test('is that for a running one, without its names', () => {
    const actual = { ...nothing, environment: 'present' as const, configured };
    expect(said(plan(closed(), nothing))).toEqual(['prepare', 'create', 'configure']);
    expect(said(plan(closed(), actual))).toEqual(['start web', 'await-ready', 'report closed']);
    expect(plan(closed(), enclosed)).toEqual([]);
  });

  test('takes the names away before anything else, and starts every unit anew', () => {
    expect(said(plan(closed(2), live))).toEqual(['unroute', 'prepare', 'create', 'configure']);
    const next = { ...live, routed: false, configured: { ...configured, generation: 2 } };
    expect(said(plan(closed(2), next))).toEqual(['stop web', 'start web', 'await-ready', 'report closed']);
  });

  test('opens by starting every unit anew, and routes when it is ready', () => {
    const next = { ...enclosed, configured: { ...configured, generation: 2 } };
    expect(said(plan(running(2), next))).toEqual(['stop web', 'start web', 'await-ready', 'route', 'report running']);
  });

  test('opens with what was configured closed, and leaves alone what needs no network', () => {
    const engine = { name: 'db', specDigest: 'd0', closedSpecDigest: 'd0' };
    const actual: Actual = {
      ...{ ...enclosed, configured: { ...configured, units: [engine, unit] } },
      units: { ...enclosed.units, db: { state: 'running', specDigest: 'd0' } },
    };
    const opening = ['stop web', 'start web', 'await-ready', 'route', 'report running'];
    expect(said(plan({ ...running(2), configuredSince: 1 }, actual))).toEqual(opening);
    expect(said(plan({ ...running(3), configuredSince: 2 }, actual))).toEqual(['prepare', 'create', 'configure']);
    const later = { ...actual, configured: { ...configured, generation: 3 } };
    expect(said(plan({ ...running(2), configuredSince: 1 }, later))).toEqual(['prepare', 'create', 'configure']);
  });

  test('puts right what runs open, and tells it', () => {
    const opened: Actual = { ...enclosed, units: live.units, routed: true };
    expect(said(plan(closed(), opened))).toEqual([
      'unroute',
      'stop web',
      'start web',
      'await-ready',
      'report-repair web started-again',
    ]);
  });

  test('stops and goes as a running one does', () => {
    expect(said(plan({ generation: 2, want: 'stopped' }, enclosed))).toEqual(['stop web', 'report stopped']);
    const gone = ['stop web', 'destroy', 'forget', 'report absent'];
    expect(said(plan({ generation: 2, want: 'absent' }, enclosed))).toEqual(gone);
    const stopped: Actual = { ...live, routed: false, units: { web: { state: 'exited', specDigest: 'd1' } } };
    expect(said(plan(closed(1), { ...stopped, reportedGeneration: 0 }))).toEqual([
      'start web',
      'await-ready',
      'report closed',
    ]);
  });
});

describe('the plan for an environment whose names lead elsewhere', () => {
  const stopped = (forward: typeof there | null): DesiredHeights => ({ generation: 2, want: 'stopped', forward });
  const forwarded: Actual = {
    ...{ ...live, routed: false, forwarded: there, reportedGeneration: 2 },
    units: { web: { state: 'exited', specDigest: 'd1' } },
  };

  test('leads them there before it stops', () => {
    expect(plan(stopped(there), live)).toEqual([
      { do: 'forward', to: there },
      { do: 'stop', unit: 'web' },
      { do: 'report', state: 'stopped' },
    ]);
  });

  test('holds when they lead there, and follows another address', () => {
    expect(plan(stopped({ ...there }), forwarded)).toEqual([]);
    const elsewhere = { ...there, port: 8081 };
    expect(plan(stopped(elsewhere), forwarded)).toEqual([{ do: 'forward', to: elsewhere }]);
  });

  test('takes them away when that ends', () => {
    expect(said(plan(stopped(null), forwarded))).toEqual(['unroute']);
    expect(said(plan({ generation: 3, want: 'absent' }, forwarded))[0]).toBe('unroute');
    const next = { ...forwarded, configured: { ...configured, generation: 3 } };
    expect(said(plan(running(3), next))).toEqual(['unroute', 'start web', 'await-ready', 'route', 'report running']);
  });

  test('forwards nothing while it runs, nor what was never configured', () => {
    expect(plan({ ...running(), forward: there }, live)).toEqual([]);
    expect(said(plan(stopped(there), nothing))).toEqual(['report stopped']);
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

  test('stops first what started last, for it may need the others until it has ended', () => {
    const units = ['database', 'web', 'worker'].map((name) => ({ ...unit, name }));
    const running = { state: 'running', specDigest: unit.specDigest } as const;
    const actual = {
      ...{ ...live, routed: false, units: { web: running, database: running, worker: running } },
      configured: { generation: 1, units, filesIntact: true },
    };
    const stops = ['stop worker', 'stop web', 'stop database'];
    expect(said(plan({ generation: 2, want: 'stopped' }, actual))).toEqual([...stops, 'report stopped']);
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
        specDigest: fc.constantFrom('d1', 'd2', 'd3', 'c1', 'c3'),
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
    forwarded: fc.constantFrom(null, there, { ...there, port: 1 }),
    parked: fc.boolean(),
  });
  const want = fc.constantFrom('running' as const, 'stopped' as const, 'absent' as const, 'closed' as const);
  const since = fc.record({ generation: fc.constant(3), configuredSince: fc.constantFrom(undefined, 1, 2, 3) });
  const target = fc.constantFrom(null, there);
  fc.assert(
    fc.property(state, since, want, target, fc.infiniteStream(fc.nat(3)), (start, at, wanted, forward, crashes) => {
      const desired = { ...at, want: wanted, forward };
      // Units exist only where there is an environment.
      let actual: Actual = start.environment === 'present' ? start : { ...start, units: {} };
      for (let round = 0; round < 200; round += 1) {
        const actions = plan(desired, actual);
        if (actions.length === 0) return holds(desired, actual);
        // A crash after so many of them; in every fourth round there is none.
        const until = round % 4 === 3 ? actions.length : (crashes.next().value ?? 0);
        for (const action of actions.slice(0, until)) actual = done(actual, action, wanted);
      }
      return false;
    }),
  );
});

/** What an action makes of the world. */
function done(actual: Actual, action: Action, want: DesiredHeights['want']): Actual {
  switch (action.do) {
    case 'create':
      return { ...actual, environment: 'present' };
    case 'configure':
      return {
        ...actual,
        environment: 'present',
        configured: {
          generation: 3,
          filesIntact: true,
          units: [{ name: 'web', specDigest: 'd3', closedSpecDigest: 'c3' }],
        },
      };
    case 'stop':
      return { ...actual, units: { ...actual.units, [action.unit]: { state: 'exited', specDigest: 'd1' } } };
    case 'start':
      return {
        ...actual,
        parked: false,
        units: {
          ...actual.units,
          [action.unit]: { state: 'running', specDigest: digestOf(actual, action.unit, want) },
        },
      };
    case 'route':
      return { ...actual, routed: true, forwarded: null };
    case 'forward':
      return { ...actual, routed: false, forwarded: action.to };
    case 'unroute':
      return { ...actual, routed: false, forwarded: null };
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

function digestOf({ configured: known }: Actual, name: string, want: DesiredHeights['want']): string {
  const found = known?.units.find((one) => one.name === name);
  return (want === 'closed' ? found?.closedSpecDigest : found?.specDigest) ?? '';
}

function holds({ want, forward }: DesiredHeights, actual: Actual): boolean {
  const { routed, forwarded } = actual;
  const runs = Object.entries(actual.units).filter(([, { state }]) => state === 'running');
  switch (want) {
    case 'running':
    case 'closed':
      if (routed !== (want === 'running') || forwarded !== null) return false;
      return runs.length === 1 && runs[0]?.[1].specDigest === digestOf(actual, 'web', want);
    case 'stopped':
      return !routed && runs.length === 0 && leadsTo(forwarded, actual.configured === null ? null : forward);
    case 'absent':
      return !routed && forwarded === null && actual.environment === 'absent';
  }
}

const leadsTo = (forwarded: Actual['forwarded'], forward: DesiredHeights['forward']): boolean =>
  forwarded?.address === forward?.address && forwarded?.port === forward?.port;
