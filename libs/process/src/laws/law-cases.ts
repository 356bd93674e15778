import { deepStrictEqual, equal, notDeepStrictEqual, ok } from 'node:assert/strict';
import { isForwardOnly, type ProcessTable } from '../process-table.js';
import type { SendOutcome, StepMessage } from '../reactor/process-ports.js';
import { crashLawsBackward, crashLawsForward } from './crash-laws.js';
import { continueLaws, forwardLaws } from './forward-laws.js';
import { LawRun } from './law-run.js';
import {
  assertCleanSlate,
  assertCompleted,
  assertEnded,
  INJECTED,
  isForward,
  type LawCase,
  lastStep,
  SILENCE,
  skippedIn,
  type Trial,
} from './law-trial.js';
import type { LawOptions } from './process-world.js';
import { skippedBothWays } from './skip-laws.js';
import { stuckLaws } from './stuck-laws.js';

/**
 * Every law, as cases without a test framework. A process that takes nothing back, because each step says why there is
 * nothing to undo, has the laws of going forward only: it is never undone, so no slate can be clean.
 */
export function processLawCases(table: ProcessTable, options: LawOptions): LawCase[] {
  const trial = trialOf(table, options);
  const forward = [
    { name: 'completes', check: () => completes(trial) },
    { name: 'completes when every command is delivered twice', check: () => twice(trial) },
    ...crashLawsForward(trial),
    ...forwardLaws(trial),
  ];
  if (table.steps.every(({ undo }) => typeof undo !== 'function')) return forward;
  return [
    ...forward,
    { name: 'leaves a clean slate when every command and undo is delivered twice', check: () => undoneTwice(trial) },
    { name: 'waits in vain after each step that waits: ends there, clean slate', check: () => inVain(trial) },
    ...undoable(trial).flatMap((name) => [
      { name: `refused at ${name}: ends there, clean slate`, check: () => refusedAt(trial, name) },
      { name: `answer of ${name} lost: ends there, clean slate`, check: () => answerLost(trial, name) },
      { name: `${name} delivered late, after its undo: refused`, check: () => late(trial, name) },
    ]),
    ...crashLawsBackward(trial),
    ...stuckLaws(trial),
    ...continueLaws(trial),
  ];
}

const undoable = ({ table: { steps } }: Trial): string[] =>
  steps.filter((row) => !isForwardOnly(row)).map(({ name }) => name);

function trialOf(table: ProcessTable, options: LawOptions): Trial {
  const run = (faults = {}) => new LawRun(table, options, faults);
  let known: Promise<ReadonlySet<string>> | undefined;
  const skipped = () => (known ??= run().complete().then(skippedIn));
  return { table, options, run, skipped };
}

async function completes({ table, options, run }: Trial): Promise<void> {
  const clean = run();
  const state = await clean.complete();
  assertCompleted(state);
  const skipped = skippedIn(state);
  deepStrictEqual(
    clean.sent.map(({ step, direction }) => `${direction} ${step}`),
    table.steps.filter(({ name }) => !skipped.has(name)).map(({ name }) => `do ${name}`),
    'each step is sent once, in the order of the table, unless it is recorded as skipped',
  );
  notDeepStrictEqual(clean.world.exists(), options.world().exists(), 'the world must notice that the process ran');
}

async function twice({ run }: Trial): Promise<void> {
  const once = run();
  assertCompleted(await once.complete());
  const doubled = run({ send: deliverTwice });
  assertCompleted(await doubled.complete());
  deepStrictEqual(doubled.world.exists(), once.world.exists(), 'a command delivered twice must have one effect');
}

async function undoneTwice(trial: Trial): Promise<void> {
  const last = await lastStep(trial);
  const skipped = await trial.skipped();
  const run = trial.run({
    send: async (message, deliver) =>
      isForward(message, last) ? { kind: 'refused', findings: [INJECTED] } : deliverTwice(message, deliver),
  });
  assertEnded(await run.complete(), { outcome: 'refused', step: last });
  assertCleanSlate(trial, run);
  deepStrictEqual(
    run.sent.filter(({ direction }) => direction === 'undo').map(({ step }) => step),
    trial.table.steps
      .filter(({ name, undo }) => typeof undo === 'function' && !skipped.has(name))
      .map(({ name }) => name)
      .toReversed(),
    'the undos must run in reverse',
  );
}

async function deliverTwice({ step }: StepMessage, deliver: () => Promise<SendOutcome>): Promise<SendOutcome> {
  const first = await deliver();
  const again = await deliver();
  if (JSON.stringify(again) === JSON.stringify(first)) return first;
  const detail = `${step} delivered twice answered ${JSON.stringify(first)}, then ${JSON.stringify(again)}`;
  return { kind: 'refused', findings: [{ ...INJECTED, code: 'repeat-differs', detail }] };
}

async function refusedAt(trial: Trial, step: string): Promise<void> {
  if ((await trial.skipped()).has(step)) return skippedBothWays(trial, step);
  const run = trial.run({
    send: async (message, deliver) =>
      isForward(message, step) ? { kind: 'refused', findings: [INJECTED] } : deliver(),
  });
  const state = await run.complete();
  assertEnded(state, { outcome: 'refused', step });
  deepStrictEqual(state.status === 'ended' && state.findings, [INJECTED], 'the end must carry the refusal’s findings');
  assertCleanSlate(trial, run);
  await assertCleanAfterRepeats(trial, run, step);
}

async function answerLost(trial: Trial, step: string): Promise<void> {
  if ((await trial.skipped()).has(step)) return skippedBothWays(trial, step);
  const run = trial.run({
    send: async (message, deliver) => {
      const outcome = await deliver();
      return isForward(message, step) ? SILENCE : outcome;
    },
  });
  assertEnded(await run.complete(), { outcome: 'failed', step });
  assertCleanSlate(trial, run);
  await assertCleanAfterRepeats(trial, run, null);
}

async function late(trial: Trial, step: string): Promise<void> {
  if ((await trial.skipped()).has(step)) return skippedBothWays(trial, step);
  const run = trial.run({
    send: async (message, deliver) => (isForward(message, step) ? SILENCE : deliver()),
  });
  assertEnded(await run.complete(), { outcome: 'failed', step });
  const message = run.sent.find((each) => isForward(each, step));
  ok(message !== undefined, `${step} was never sent`);
  const outcome = await run.deliver(message);
  const row = trial.table.steps.find(({ name }) => name === step);
  if (message.effect.kind === 'command' && typeof row?.undo === 'function') {
    equal(outcome.kind, 'refused', `${step} came after its undo and must be refused: the undo leaves no mark`);
  }
  assertCleanSlate(trial, run);
}

async function inVain(trial: Trial): Promise<void> {
  const clean = trial.run();
  assertCompleted(await clean.complete());
  const waiting = clean.sent.filter(({ effect, step }) => effect.until !== null && undoable(trial).includes(step));
  for (const { step } of waiting) {
    const run = trial.run({ mute: (message) => isForward(message, step) });
    assertEnded(await run.complete(), { outcome: 'failed', step });
    assertCleanSlate(trial, run);
  }
}

/** Late repeats of what was applied, undone, and comes once more. */
async function assertCleanAfterRepeats(trial: Trial, run: LawRun, never: string | null): Promise<void> {
  for (const message of run.sent.filter(({ direction }) => direction === 'do')) {
    if (message.step !== never) await run.deliver(message);
  }
  assertCleanSlate(trial, run);
}
