import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import { processProgress } from '../process-progress.js';
import { isForwardOnly } from '../process-table.js';
import type { SendOutcome } from '../reactor/process-ports.js';
import { assertCompleted, INJECTED, isForward, type LawCase, type Trial } from './law-trial.js';

const REFUSED: SendOutcome = { kind: 'refused', findings: [INJECTED] };

/** What only goes forward stands still, visibly, until staff have it tried again: nothing is taken back for it. */
export const forwardLaws = (trial: Trial): LawCase[] =>
  trial.table.steps.filter(isForwardOnly).map(({ name }) => ({
    name: `failed at ${name}: stuck there, nothing is undone; a retry goes on`,
    check: () => stuckGoingForward(trial, name),
  }));

async function stuckGoingForward(trial: Trial, step: string): Promise<void> {
  if ((await trial.skipped()).has(step)) return;
  const clean = trial.run();
  assertCompleted(await clean.complete());
  let isRepaired = false;
  const run = trial.run({
    send: async (message, deliver) => (isForward(message, step) && !isRepaired ? REFUSED : deliver()),
  });
  const state = await run.complete();
  const { stuck, findings, actions } = processProgress(trial.table, state);
  deepStrictEqual(
    { stuck, findings },
    { stuck: { step, direction: 'do' }, findings: [INJECTED] },
    'must be stuck there',
  );
  deepStrictEqual(actions, ['retry'], 'there is one thing that staff can do');
  ok(
    run.troubles.some((trouble) => trouble.state === 'stuck'),
    'staff must be told',
  );
  isRepaired = true;
  assertCompleted(await run.resume('retry'));
  deepStrictEqual(
    run.sent.filter(({ direction }) => direction === 'undo'),
    [],
    'nothing may be undone',
  );
  deepStrictEqual(run.world.exists(), clean.world.exists(), 'it must end as if nothing had failed');
}

/** What may continue does: whatever of it and of its undo had its effect already, or comes late. */
export const continueLaws = (trial: Trial): LawCase[] =>
  trial.table.steps
    .filter(({ mayContinue }) => mayContinue)
    .flatMap(({ name }) => [
      {
        name: `failed at ${name}, and so did its undo: staff continue`,
        check: () => continued(trial, name, { isDelivered: true }),
      },
      {
        name: `${name} and its undo lost: staff continue, and what was lost comes late`,
        check: () => continued(trial, name, { isDelivered: false }),
      },
    ]);

async function continued(trial: Trial, step: string, { isDelivered }: { isDelivered: boolean }): Promise<void> {
  if ((await trial.skipped()).has(step)) return;
  const clean = trial.run();
  assertCompleted(await clean.complete());
  let isMended = false;
  const run = trial.run({
    send: async (message, deliver) => {
      if (isMended || (message.direction === 'do' && message.step !== step)) return deliver();
      if (isDelivered) await deliver();
      return REFUSED;
    },
  });
  const state = await run.complete();
  equal(state.status, 'stuck', `must be stuck at an undo, but: ${JSON.stringify(state)}`);
  const { failure, stuck, actions } = processProgress(trial.table, state);
  deepStrictEqual(failure, { step, findings: [INJECTED] }, 'what failed first must be visible');
  equal(stuck?.direction, 'undo');
  ok(actions.includes('continue'), 'staff must be told that they can continue');
  isMended = true;
  assertCompleted(await run.resume('continue'));
  deepStrictEqual(run.world.exists(), clean.world.exists(), 'it must end as if nothing had failed');
  for (const message of run.sent) await run.deliver(message);
  deepStrictEqual(run.world.exists(), clean.world.exists(), 'what comes late must change nothing');
}
