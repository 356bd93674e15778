import { deepStrictEqual } from 'node:assert/strict';
import { assertCleanSlate, assertEnded, INJECTED, isForward, lastStep, type Trial } from './law-trial.js';

/** What a step did not do is not taken back: a step that is skipped sends nothing when the process is undone either. */
export async function skippedBothWays(trial: Trial, step: string): Promise<void> {
  const last = await lastStep(trial);
  const run = trial.run({
    send: async (message, deliver) =>
      isForward(message, last) ? { kind: 'refused', findings: [INJECTED] } : deliver(),
  });
  assertEnded(await run.complete(), { outcome: 'refused', step: last });
  const sent = run.sent.filter((message) => message.step === step).map(({ direction }) => direction);
  deepStrictEqual(sent, [], `${step} is skipped, so nothing of it may be sent: its undo must be skipped too`);
  assertCleanSlate(trial, run);
}
