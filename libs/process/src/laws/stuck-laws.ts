import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import { processProgress } from '../process-progress.js';
import { assertCleanSlate, INJECTED, isForward, type LawCase, lastStep, type Trial } from './law-trial.js';
import { skippedBothWays } from './skip-laws.js';

/** An undo that fails is not hidden: the process stands still, visibly, until staff ask for it again. */
export const stuckLaws = (trial: Trial): LawCase[] =>
  trial.table.steps
    .filter(({ undo }) => typeof undo === 'function')
    .map(({ name }) => ({
      name: `undo of ${name} failed: stuck, visible; a retry ends it`,
      check: () => stuckAt(trial, name),
    }));

async function stuckAt(trial: Trial, step: string): Promise<void> {
  if ((await trial.skipped()).has(step)) return skippedBothWays(trial, step);
  const last = await lastStep(trial);
  let repaired = false;
  const run = trial.run({
    send: async (message, deliver) => {
      const undoFails = message.step === step && message.direction === 'undo' && !repaired;
      return isForward(message, last) || undoFails ? { kind: 'refused', findings: [INJECTED] } : deliver();
    },
  });
  const state = await run.complete();
  deepStrictEqual(state.status === 'stuck' && state.step, step, `must be stuck at the undo of ${step}`);
  const { status, findings } = processProgress(trial.table, state);
  deepStrictEqual({ status, findings }, { status: 'stuck', findings: [INJECTED] }, 'the reason must be visible');
  ok(
    run.troubles.some((trouble) => trouble.state === 'stuck'),
    'staff must be told',
  );
  repaired = true;
  const ended = await run.resume('retry');
  equal(ended.status, 'ended', 'a retry must end it');
  assertCleanSlate(trial, run);
}
