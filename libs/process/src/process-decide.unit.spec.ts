import { describe, expect, it } from '@jest/globals';
import { specificationOf } from '@freehold/decider';
import type { ProcessAction, ProcessEvent } from '@freehold/kernel';
import { anOperator, anOrder, sampleProcess } from './laws/sample-process.fixture.js';
import { type Attempt, commandIdOf, nextAction } from './next-action.js';
import { type ProcessCommand, processDefinition } from './process-decide.js';
import { processProgress } from './process-progress.js';
import { z } from 'zod';
import { command, skip } from './effect.js';
import { reservePlace } from './laws/sample-process.fixture.js';
import { defineProcess, forwardOnly, nothingToUndo } from './process-table.js';

const at = '2030-01-01T00:00:00.000Z';
const later = '2030-01-01T00:00:09.000Z';
const name = {
  context: 'deployment',
  operator: anOperator,
  aggregate: 'order-sample',
  id: 'b54cfaf2-0c3d-4a6a-8c61-4f3d6e3f5a01',
} as const;
const spec = specificationOf(processDefinition(sampleProcess));
const finding = { pointer: '', code: 'quota-used-up', detail: 'No place.', hint: 'Agree to more.' };

const begun: ProcessEvent = { type: 'deployment.process-started.v1', data: { definition: 1, input: anOrder, at } };
const due = (step: string, direction: 'do' | 'undo' = 'do', attempt = 1): Attempt => ({ step, direction, attempt });
const started = (attempt: Attempt): ProcessEvent => ({ type: 'deployment.step-started.v1', data: { ...attempt, at } });
const succeeded = (attempt: Attempt, output: ProcessCommandOutput = {}): ProcessEvent => ({
  type: 'deployment.step-succeeded.v1',
  data: { ...attempt, output, reactedTo: null, at: later },
});
type ProcessCommandOutput = Extract<ProcessCommand, { type: 'succeed' }>['output'];
const failure = { reason: 'refused', findings: [finding], reactedTo: null, outcomeKnown: true } as const;
const failed = (attempt: Attempt): ProcessEvent => ({
  type: 'deployment.step-failed.v1',
  data: { ...attempt, ...failure, findings: [finding], at: later },
});
const stuck = (step: string): ProcessEvent => ({
  type: 'deployment.process-stuck.v1',
  data: { step, findings: [finding], at: later },
});
const placed = [begun, started(due('place')), succeeded(due('place'))];
const hostRefused = [...placed, started(due('host')), failed(due('host'))];

describe('a process decides', () => {
  it('begins once, with valid input', () => {
    spec.given().when({ type: 'begin', input: anOrder, at }).then(begun);
    spec
      .given()
      .when({ type: 'begin', input: { deployment: 'nonsense' }, at })
      .thenRefused('field-invalid');
    spec.given(begun).when({ type: 'begin', input: anOrder, at }).thenRefused('process-begun');
  });

  it('starts only the step that is due, and once', () => {
    const start = (attempt: Attempt): ProcessCommand => ({ type: 'start-step', at, ...attempt });
    spec
      .given(...placed)
      .when(start(due('host')))
      .then(started(due('host')));
    spec
      .given(...placed, started(due('host')))
      .when(start(due('host')))
      .thenNothing();
    spec
      .given(...placed)
      .when(start(due('environment')))
      .thenRefused('process-moved-on');
    spec
      .given(...placed)
      .when(start(due('place', 'undo')))
      .thenRefused('process-moved-on');
  });

  it('records an outcome only of the attempt under way', () => {
    const outcome = { type: 'succeed', output: {}, reactedTo: null, at: later } as const;
    spec
      .given(begun)
      .when({ ...outcome, ...due('place') })
      .thenRefused('process-moved-on');
    spec
      .given(begun, started(due('place')))
      .when({ ...outcome, ...due('place') })
      .then(succeeded(due('place')));
    spec
      .given(...placed)
      .when({ ...outcome, ...due('place') })
      .thenRefused('process-moved-on');
  });

  it('undoes in reverse, the refused step first, and ends refused in the commit of the last undo', () => {
    const undo = due('host', 'undo');
    const state = spec.given(...hostRefused).state();
    expect(nextAction(sampleProcess, state, name)).toMatchObject({ kind: 'start', ...undo });
    const undone = [...hostRefused, started(undo), succeeded(undo), started(due('place', 'undo'))];
    const end = { type: 'succeed', output: {}, reactedTo: null, at: later, ...due('place', 'undo') } as const;
    spec
      .given(...undone)
      .when(end)
      .then(succeeded(due('place', 'undo')), {
        type: 'deployment.process-ended.v1',
        data: { outcome: 'refused', findings: [finding], at: later },
      });
  });

  it('is stuck when an undo fails; a retry is a new attempt with a new command id', () => {
    const undo = due('host', 'undo');
    const fail = { type: 'fail', at: later, ...failure, ...undo } as const;
    spec
      .given(...hostRefused, started(undo))
      .when(fail)
      .then(failed(undo), stuck('host'));
    const standing = [...hostRefused, started(undo), failed(undo), stuck('host')];
    spec
      .given(...standing)
      .when({ type: 'resume', action: 'undo', at })
      .thenRefused('process-stuck');
    spec
      .given(...standing)
      .when({ type: 'resume', action: 'retry', at })
      .thenTypes('deployment.process-resumed.v1');
    const resumed: ProcessEvent = { type: 'deployment.process-resumed.v1', data: { action: 'retry', at } };
    const state = spec.given(...standing, resumed).state();
    expect(nextAction(sampleProcess, state, name)).toMatchObject({ kind: 'start', ...due('host', 'undo', 2) });
    expect(commandIdOf(name.id, due('host', 'undo', 2))).not.toBe(commandIdOf(name.id, undo));
  });

  it('lets staff undo what is under way, and nothing else', () => {
    spec
      .given(...placed)
      .when({ type: 'resume', action: 'undo', at })
      .thenTypes('deployment.process-resumed.v1');
    spec
      .given(...placed)
      .when({ type: 'resume', action: 'retry', at })
      .thenRefused('process-not-stuck');
    spec
      .given(...hostRefused)
      .when({ type: 'resume', action: 'undo', at })
      .thenNothing();
    const final = defineProcess({ context: 'deployment', kind: 'final', definition: 1, input: z.object({}) })
      .step('place', { run: () => skip('a test'), undo: nothingToUndo('a test') })
      .step('open', { run: () => skip('a test'), undo: () => skip('a test'), pointOfNoReturn: true });
    const beforeIt = [begun, started(due('place')), succeeded(due('place'))];
    const fromItOn = [...beforeIt, started({ ...due('place'), step: 'open' })];
    const ofFinal = specificationOf(processDefinition(final));
    ofFinal
      .given(...beforeIt)
      .when({ type: 'resume', action: 'undo', at })
      .thenTypes('deployment.process-resumed.v1', 'deployment.process-ended.v1');
    ofFinal
      .given(...fromItOn)
      .when({ type: 'resume', action: 'undo', at })
      .thenRefused('process-past-return');
    // Nobody would take back what stands before the first step, or tell who waits.
    spec.given(begun).when({ type: 'resume', action: 'undo', at }).thenRefused('process-not-running');
  });
});

/** A door that is opened, and a letter after it. */
const doorTable = defineProcess({ context: 'deployment', kind: 'door', definition: 1, input: z.object({}) })
  .step('lock', { run: () => skip('a test'), undo: () => skip('a test') })
  .step('open', { run: () => skip('a test'), undo: () => skip('a test'), mayContinue: true, pointOfNoReturn: true })
  .step('tell', { run: () => skip('a test'), undo: forwardOnly('it is open') });
const door = specificationOf(processDefinition(doorTable));
const openFailed = [
  { ...begun, data: { definition: 1, input: {}, at } },
  ...[started(due('lock')), succeeded(due('lock')), started(due('open')), failed(due('open'))],
  started(due('open', 'undo')),
] satisfies ProcessEvent[];
const openStuck = [...openFailed, failed(due('open', 'undo')), stuck('open')];
const resume = (action: ProcessAction): ProcessCommand => ({ type: 'resume', action, at });
const resumed = (action: ProcessAction): ProcessEvent => ({
  type: 'deployment.process-resumed.v1',
  data: { action, at },
});
const stateOf = (...events: readonly ProcessEvent[]) => door.given(...events).state();

describe('a process that staff let go on', () => {
  it('tries what failed again, under a new command id, and its undo later under another', () => {
    expect(processProgress(doorTable, stateOf(...openStuck)).actions).toEqual(['continue', 'retry']);
    const state = stateOf(...openStuck, resumed('continue'));
    expect(nextAction(doorTable, state, name)).toMatchObject({ kind: 'start', ...due('open', 'do', 2) });
    const again = [...openStuck, resumed('continue'), started(due('open', 'do', 2))];
    expect(processProgress(doorTable, stateOf(...again)).steps[1]).toMatchObject({ state: 'running', attempt: 2 });
    const failedAgain = stateOf(...again, failed(due('open', 'do', 2)));
    expect(nextAction(doorTable, failedAgain, name)).toMatchObject({ kind: 'start', ...due('open', 'undo', 2) });
  });

  it('refuses it where nothing is stuck, something was taken back, or the step does not allow it', () => {
    door
      .given(...openFailed)
      .when(resume('continue'))
      .thenRefused('process-not-stuck');
    const lockStuck = [succeeded(due('open', 'undo')), started(due('lock', 'undo')), failed(due('lock', 'undo'))];
    door
      .given(...openFailed, ...lockStuck, stuck('lock'))
      .when(resume('continue'))
      .thenRefused('process-cannot-continue');
    const hostStuck = [...hostRefused, started(due('host', 'undo')), failed(due('host', 'undo')), stuck('host')];
    spec
      .given(...hostStuck)
      .when(resume('continue'))
      .thenRefused('process-cannot-continue');
    expect(processProgress(sampleProcess, spec.given(...hostStuck).state()).actions).toEqual(['retry']);
  });

  it('is stuck at the step itself, where it only goes forward, and undoes nothing', () => {
    const opened = [...openFailed.slice(0, 4), succeeded(due('open')), started(due('tell'))];
    door
      .given(...opened)
      .when({ type: 'fail', at: later, ...failure, ...due('tell') })
      .then(failed(due('tell')), stuck('tell'));
    const standing = [...opened, failed(due('tell')), stuck('tell')];
    expect(processProgress(doorTable, stateOf(...standing))).toMatchObject({
      stuck: { step: 'tell', direction: 'do' },
      actions: ['retry'],
    });
    door
      .given(...standing)
      .when(resume('undo'))
      .thenRefused('process-stuck');
    const next = nextAction(doorTable, stateOf(...standing, resumed('retry')), name);
    expect(next).toMatchObject({ kind: 'start', ...due('tell', 'do', 2) });
  });
});

describe('the next action', () => {
  it('sends the same command again until its outcome is recorded', () => {
    const state = spec.given(begun, started(due('place'))).state();
    const action = nextAction(sampleProcess, state, name);
    expect(action).toMatchObject({ kind: 'send', commandId: commandIdOf(name.id, due('place')) });
    expect(nextAction(sampleProcess, state, name)).toMatchObject({ kind: 'send', ...due('place') });
  });

  it('has command ids that never change', () => {
    expect(commandIdOf(name.id, due('place'))).toBe('1583284b-9f8c-584e-8b27-2e21dce9a582');
  });
});

const NOTHING_ELSE = { notBefore: null, skipped: null };

describe('the progress', () => {
  it('lists every step with its times, and the findings', () => {
    const undo = due('host', 'undo');
    const state = spec.given(...hostRefused, started(undo), succeeded(undo)).state();
    expect(processProgress(sampleProcess, state)).toEqual({
      status: 'undoing',
      outcome: null,
      startedAt: at,
      endedAt: null,
      findings: [finding],
      failure: { step: 'host', findings: [finding] },
      stuck: null,
      actions: [],
      steps: [
        { name: 'place', state: 'done', attempt: 1, startedAt: at, endedAt: later, ...NOTHING_ELSE },
        { name: 'host', state: 'undone', attempt: 1, startedAt: at, endedAt: later, ...NOTHING_ELSE },
        ...['environment', 'prepare', 'announce'].map((step) => ({
          name: step,
          state: 'waiting',
          attempt: 0,
          startedAt: null,
          endedAt: null,
          ...NOTHING_ELSE,
        })),
      ],
    });
  });

  it('says why a step, or its undo, had nothing to do, and since when an undo runs', () => {
    const [forward, back] = [due('lock'), due('lock', 'undo')];
    const [since, why] = ['2026-11-21T13:00:00Z', 'it has no lock'];
    const output = { skipped: why };
    const skipped: ProcessEvent[] = [
      { ...begun, data: { definition: 1, input: {}, at } },
      started(forward),
      { type: 'deployment.step-succeeded.v1', data: { ...forward, output, reactedTo: null, at } },
    ];
    const failing = [started(due('open')), failed(due('open')), started(due('open', 'undo'))];
    const undoing = [...failing, succeeded(due('open', 'undo'))];
    const later: ProcessEvent = { type: 'deployment.step-started.v1', data: { ...back, at: since } };
    const stepIn = (...events: ProcessEvent[]) => processProgress(doorTable, stateOf(...events)).steps[0];
    expect(stepIn(...skipped)).toMatchObject({ state: 'done', skipped: why, startedAt: at });
    expect(stepIn(...skipped, ...undoing, later)).toMatchObject({ state: 'undoing', skipped: null, startedAt: since });
  });
});

describe('a table', () => {
  it('takes a name once', () => {
    const again = { run: () => command({ operation: reservePlace, params: { operator: '' }, body: anOrder }) };
    expect(() => sampleProcess.step('place', { ...again, undo: nothingToUndo('a test') })).toThrow('two steps');
  });

  it('has nothing to undo behind what only goes forward', () => {
    const behind = { run: () => skip('a test'), undo: nothingToUndo('a test') };
    expect(() => doorTable.step('close', behind)).toThrow('stands behind what only goes forward');
  });

  it('does not compile when a step looks at an output that is not there', () => {
    const table = defineProcess({ context: 'deployment', kind: 'mistaken', definition: 1, input: reservePlace.body });
    const mistaken = table.step('place', {
      // @ts-expect-error no step called `host` came before
      run: ({ outputs }) => command({ operation: reservePlace, params: { operator: outputs.host }, body: anOrder }),
      undo: nothingToUndo('a test'),
    });
    expect(mistaken.steps).toHaveLength(1);
  });
});
