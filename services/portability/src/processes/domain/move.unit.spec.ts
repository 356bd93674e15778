import { describe, expect, it } from '@jest/globals';
import { nothingToUndo, type ProcessTable } from '@freehold/process';
import fc from 'fast-check';
import { ask } from '../../departure/domain/departure.fixture.js';
import { arriveProcess } from './arrive.process.js';
import { departProcess } from './depart.process.js';
import { MoveWorld } from './move-world.fixture.js';

/** What may happen at any moment, and how often. `at` chooses among what is under way. */
type Happens = readonly [weight: number, happen: (world: MoveWorld, at: number) => void];
const HAPPENINGS = {
  depart: [8, (world) => world.depart.proceed()],
  arrive: [8, (world) => world.arrive.proceed()],
  deliver: [16, (world, at) => world.deliver(at)],
  deliverAndKeep: [2, (world, at) => world.deliver(at, true)],
  lose: [1, (world, at) => world.lose(at)],
  refuse: [1, (world, at) => world.fail(at)],
  sourceAgent: [6, (world) => world.source.observe()],
  targetAgent: [6, (world) => world.target.observe()],
  sourceAgentFails: [1, ({ source }) => void (source.failsNext = true)],
  targetAgentFails: [1, ({ target }) => void (target.failsNext = true)],
  sourceReconciler: [3, (world) => world.reconcile(world.source)],
  targetReconciler: [3, (world) => world.reconcile(world.target)],
  courier: [10, (world) => world.ask()],
  courierRestarts: [1, (world) => world.restartCourier()],
  deadline: [1, (world) => void world.source.departure.execute(ask.expire)],
  operatorAbandons: [1, (world) => void world.source.departure.execute({ ...ask.abandon, by: 'operator' })],
  departGivesUp: [1, (world) => world.depart.giveUp()],
  arriveGivesUp: [1, (world) => world.arrive.giveUp()],
  departCrashes: [1, (world) => world.depart.crash()],
  arriveCrashes: [1, (world) => world.arrive.crash()],
  staffUndoDepart: [1, (world) => world.depart.resume('undo')],
  staffUndoArrive: [1, (world) => world.arrive.resume('undo')],
  staffRetryDepart: [1, (world) => world.depart.resume('retry')],
  staffRetryArrive: [1, (world) => world.arrive.resume('retry')],
  staffContinueDepart: [1, (world) => world.depart.resume('continue')],
  staffContinueArrive: [1, (world) => world.arrive.resume('continue')],
} as const satisfies Record<string, Happens>;
type Happening = keyof typeof HAPPENINGS;

const names = Object.keys(HAPPENINGS) as Happening[];
const happening = fc.oneof(...names.map((name) => ({ weight: HAPPENINGS[name][0], arbitrary: fc.constant(name) })));
/** So many rounds in which all goes well, so that trouble is met everywhere; then whatever chance wants. */
const history = fc.record({
  well: fc.nat({ max: 100 }),
  trouble: fc.array(fc.tuple(happening, fc.nat({ max: 9 })), { maxLength: 100 }),
});
interface Tables {
  depart?: ProcessTable;
  arrive?: ProcessTable;
}
type End = 'live at the source' | 'live at the target' | 'stuck';

class Run {
  readonly path: string[] = [];
  readonly world: MoveWorld;

  constructor(tables: Tables = {}) {
    this.world = new MoveWorld(tables);
  }

  happen(name: Happening, at = 0): void {
    HAPPENINGS[name][1](this.world, at);
    this.path.push(name);
    this.#look();
  }

  /** One round without faults: everything that is under way arrives, oldest first. */
  round(): void {
    for (const name of ['depart', 'arrive', 'courier', 'sourceAgent', 'targetAgent'] as const) this.happen(name);
    for (let count = this.world.flight.length; count > 0; count -= 1) this.happen('deliver');
  }

  /** Until nothing happens any more; then time passes, and whoever waits gives up. */
  settle(): End {
    const { source, target, depart, arrive } = this.world;
    for (let tries = 0; tries < 300; tries += 1) {
      const before = this.world.progress();
      for (const name of ['sourceReconciler', 'targetReconciler'] as const) this.happen(name);
      for (let quiet = 0; quiet < 3; quiet += 1) this.round();
      if (this.world.progress() !== before) continue;
      if (!depart.isMoving && !arrive.isMoving) return this.#end();
      for (const name of ['departCrashes', 'arriveCrashes', 'courierRestarts'] as const) this.happen(name);
      for (let quiet = 0; quiet < 3; quiet += 1) this.round();
      if (this.world.progress() === before)
        for (const name of ['arriveGivesUp', 'departGivesUp'] as const) this.happen(name);
    }
    throw new Error(
      `does not end: ${JSON.stringify([source.standing(), target.arrival.state, depart.state, arrive.state])}`,
    );
  }

  /** What never may be, at no moment. */
  #look(): void {
    const { source, target } = this.world;
    const { handover, reopened, returned } = source.known;
    const isTaken = target.deployment.state.epoch > 0;
    const isComplete = target.arrival.state.status === 'completed';
    const wrong = {
      'both run': source.actual === 'running' && target.actual === 'running',
      'both are live': source.isLive() && target.isLive(),
      'handed over, and reopened': handover !== null && reopened !== null,
      'runs here after it was handed over': source.isLive() && handover !== null && returned === null,
      'two hold one epoch': isTaken && source.deployment.state.epoch >= 2 && source.deployment.state.epoch !== 3,
      'stopped after it went live': isComplete && target.environment.state.desired?.want !== 'running',
      'no copy is whole': !source.hasState && !target.hasState,
      'the source is erased before the target is live': !source.hasState && !isComplete,
    };
    const broken = Object.entries(wrong).flatMap(([what, isSo]) => (isSo ? [what] : []));
    if (broken.length > 0) throw this.#broken(broken.join('; '));
  }

  /** Stuck is an end only with whole copies; without it, exactly one side is live. */
  #end(): End {
    const { source, target, depart, arrive } = this.world;
    const isStuck = depart.state.status === 'stuck' || arrive.state.status === 'stuck';
    const wasHandedOver = source.known.handover !== null && source.known.returned === null;
    if (depart.state.status === 'ended' && UNSAID.includes(source.known.status))
      throw this.#broken('the departure ended, and the target is not told');
    const isComplete = target.arrival.state.status === 'completed';
    if ((!source.hasState && !isComplete) || (wasHandedOver && !target.hasState))
      throw this.#broken('the copies are not whole');
    if (source.isLive()) return 'live at the source';
    if (target.isLive()) return 'live at the target';
    if (!isStuck) throw this.#broken('nobody runs, and nobody is told');
    return 'stuck';
  }

  #broken(what: string): Error {
    return new Error(`${what}, after ${this.path.slice(-40).join(' ')}`);
  }
}

/** A target that waits is not answered in these. */
const UNSAID: readonly string[] = ['sealing', 'sealed', 'leaving', 'reopening'];

/** A move that goes well until then takes about so many rounds. */
const ROUNDS = 110;
const TROUBLES: readonly Happening[] = [
  ...(['refuse', 'sourceAgentFails', 'targetAgentFails', 'deadline', 'operatorAbandons'] as const),
  ...(['departGivesUp', 'arriveGivesUp', 'staffUndoDepart', 'staffUndoArrive'] as const),
];

/** All goes well for so many rounds; then one thing does not, and it goes on. */
const oneTrouble = (well: number, trouble: Happening, tables: Tables = {}): End => {
  const run = new Run(tables);
  for (let round = 0; round < well; round += 1) run.round();
  run.happen(trouble);
  return run.settle();
};
/** As before; what was under way at that moment comes when all has ended. */
const oneTroubleAndLate = (well: number, trouble: Happening): readonly [before: End, after: End] => {
  const run = new Run();
  for (let round = 0; round < well; round += 1) run.round();
  for (const name of ['depart', 'arrive', 'courier', 'sourceReconciler', 'targetReconciler'] as const) run.happen(name);
  const held = run.world.hold();
  run.happen(trouble);
  const before = run.settle();
  run.world.flight.push(...held);
  return [before, run.settle()];
};
const everyRound = Array.from({ length: ROUNDS }, (_, round) => round);

describe('a move', () => {
  it('ends at the target when all goes well', () => {
    const run = new Run();
    expect(run.settle()).toBe('live at the target');
    expect(run.world.source.exists()).toEqual([]);
    expect(run.world.source.known.status).toBe('erased');
  });

  it.each(TROUBLES)(
    'ends in one of three states, at whatever moment there is trouble: %s',
    (trouble) => {
      const ends = new Set(everyRound.map((well) => oneTrouble(well, trouble)));
      expect(ends).toContain('live at the target');
      expect(ends).toContain('live at the source');
    },
    60_000,
  );

  it.each(['operatorAbandons', 'deadline'] as const)(
    'is undone at once while it is being captured, whatever the host is at: %s',
    (trouble) => {
      const run = new Run();
      while (run.world.depart.step !== 'capture') run.round();
      for (const name of ['depart', 'depart'] as const) run.happen(name);
      const held = run.world.hold();
      run.happen(trouble);
      for (let round = 0; round < ROUNDS; round += 1) {
        run.happen('sourceReconciler');
        run.round();
      }
      expect(run.world.source.known.status).toBe('reopened');
      expect(run.world.source.isLive()).toBe(true);
      run.world.flight.push(...held);
      expect(run.settle()).toBe('live at the source');
    },
    60_000,
  );

  it.each(['departGivesUp', 'deadline', 'operatorAbandons', 'staffUndoDepart'] as const)(
    'is called off while the source’s host is silent and nothing was stopped: %s',
    (trouble) => {
      const run = new Run();
      run.world.silenceSourceHost();
      while (run.world.depart.step !== 'ready') run.round();
      for (let round = 0; round < ROUNDS; round += 1) run.round();
      run.happen(trouble);
      for (let round = 0; round < ROUNDS; round += 1) run.round();
      const { source, depart, arrive } = run.world;
      expect([source.known.status, depart.state.status, arrive.state.status]).toEqual(['reopened', 'ended', 'ended']);
      run.world.letSourceHostSpeak();
      expect(run.settle()).toBe('live at the source');
    },
  );

  it.each(['departGivesUp', 'arriveGivesUp', 'staffUndoDepart', 'staffUndoArrive'] as const)(
    'stays live where it is, whatever comes late, after its end: %s',
    (trouble) => {
      for (const well of everyRound) {
        const [before, after] = oneTroubleAndLate(well, trouble);
        if (before !== 'stuck') expect({ well, end: after }).toEqual({ well, end: before });
      }
    },
    60_000,
  );

  it('ends in one of three states, whatever is lost, late, repeated, refused, or fails', () => {
    const reached = new Set<End>();
    fc.assert(
      fc.property(history, ({ well, trouble }) => {
        const run = new Run();
        for (let round = 0; round < well; round += 1) run.round();
        for (const [name, at] of trouble) run.happen(name, at);
        reached.add(run.settle());
      }),
      { numRuns: 120 },
    );
    expect(reached.size).toBeGreaterThan(1);
  }, 360_000);
});

/** The world must see what the undos are for. */
describe('a move whose process is wrong', () => {
  // Staff may undo at any step here: with the point of no return the flaws could not be reached by asking for it.
  const without = (table: ProcessTable, step: string): ProcessTable => ({
    ...table,
    steps: table.steps
      .map((row) => ({ ...row, pointOfNoReturn: false }))
      .map((row) => (row.name === step ? { ...row, undo: nothingToUndo('a flaw') } : row)),
  });

  it.each([
    ['arrive', 'open', 'staffUndoArrive', /both run/],
    ['arrive', 'complete', 'staffUndoArrive', /stopped after it went live/],
    ['depart', 'hand-over', 'staffUndoDepart', /runs here after it was handed over/],
    ['depart', 'seal', 'staffUndoDepart', /nobody runs/],
  ] as const)(
    '%s without the undo of %s',
    (side, step, trouble, what) => {
      const tables = { [side]: without(side === 'arrive' ? arriveProcess : departProcess, step) };
      expect(() => everyRound.map((well) => oneTrouble(well, trouble, tables))).toThrow(what);
    },
    60_000,
  );
});
