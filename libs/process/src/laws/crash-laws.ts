import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import {
  assertCleanSlate,
  assertCompleted,
  assertEnded,
  INJECTED,
  isForward,
  type LawCase,
  lastStep,
  type Trial,
} from './law-trial.js';
import type { Faults, LawRun } from './law-run.js';

/** The reactor is thrown away after every commit and after every delivery, and built again from the log. */
export const crashLawsForward = (trial: Trial): LawCase[] => [
  { name: 'completes after a crash after any commit', check: () => forwards(trial, 'crashAfterCommit') },
  { name: 'completes after a crash after any delivery', check: () => forwards(trial, 'crashAfterSend') },
];

/** The same while it is undone. */
export const crashLawsBackward = (trial: Trial): LawCase[] => [
  { name: 'clean slate after a crash after any commit', check: () => backwards(trial, 'crashAfterCommit') },
  { name: 'clean slate after a crash after any delivery', check: () => backwards(trial, 'crashAfterSend') },
];

type CrashPoint = 'crashAfterCommit' | 'crashAfterSend';

async function forwards({ run }: Trial, point: CrashPoint): Promise<void> {
  const clean = run();
  assertCompleted(await clean.complete());
  for (let nth = 1; nth <= pointsOf(clean, point); nth += 1) {
    const crashed = run({ [point]: nth });
    assertCompleted(await crashed.complete());
    assertCrashed(crashed, point, nth);
    deepStrictEqual(crashed.world.exists(), clean.world.exists(), `${point} ${nth} must change nothing`);
  }
}

async function backwards(trial: Trial, point: CrashPoint): Promise<void> {
  const last = await lastStep(trial);
  const failing: Faults = {
    send: async (message, deliver) =>
      isForward(message, last) ? { kind: 'refused', findings: [INJECTED] } : deliver(),
  };
  const whole = trial.run(failing);
  assertEnded(await whole.complete(), { outcome: 'refused', step: last });
  for (let nth = 1; nth <= pointsOf(whole, point); nth += 1) {
    const crashed = trial.run({ ...failing, [point]: nth });
    assertEnded(await crashed.complete(), { outcome: 'refused', step: last });
    assertCrashed(crashed, point, nth);
    assertCleanSlate(trial, crashed);
  }
}

function pointsOf(run: LawRun, point: CrashPoint): number {
  const points = point === 'crashAfterCommit' ? run.commits : run.sends;
  ok(points > 0, 'a run without commits or deliveries proves nothing');
  return points;
}

/** The last commit ends the process: nobody needs to come back for it. */
function assertCrashed(run: LawRun, point: CrashPoint, nth: number): void {
  equal(run.lives, 2, `${point} ${nth} must have thrown the reactor away once`);
}
