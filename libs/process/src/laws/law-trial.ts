import { deepStrictEqual, equal, ok } from 'node:assert/strict';
import type { Finding } from '@freehold/kernel';
import { z } from 'zod';
import type { ProcessState } from '../process-state.js';
import { isForwardOnly, type ProcessTable } from '../process-table.js';
import type { SendOutcome, StepMessage } from '../reactor/process-ports.js';
import type { Faults, LawRun } from './law-run.js';
import type { LawOptions } from './process-world.js';

/** One law for one process: `check` rejects with an `AssertionError` when it is broken. */
export interface LawCase {
  name: string;
  check: () => Promise<void>;
}

/** What the laws of one process share. */
export interface Trial {
  table: ProcessTable;
  options: LawOptions;
  run: (faults?: Faults) => LawRun;
  /** The steps that have nothing to do with this input: a run in which nothing goes wrong records them as skipped. */
  skipped: () => Promise<ReadonlySet<string>>;
}

/** Of a run in which nothing went wrong. */
export function skippedIn(state: ProcessState): ReadonlySet<string> {
  const steps = state.status === 'not-begun' ? [] : state.steps;
  return new Set(steps.filter(({ do: { status, ...rest } }) => status === 'succeeded' && isSkipped(rest)).map(nameOf));
}

const isSkipped = (rest: object): boolean => 'output' in rest && Skipped.safeParse(rest.output).success;
const nameOf = ({ step }: { step: string }): string => step;
const Skipped = z.strictObject({ skipped: z.string() });

export const SILENCE: SendOutcome = { kind: 'unavailable', detail: 'injected silence' };

export const INJECTED: Finding = {
  pointer: '',
  code: 'injected',
  detail: 'The laws made this fail.',
  hint: 'Nothing is wrong.',
};

export const isForward = (message: StepMessage, step: string): boolean =>
  message.step === step && message.direction === 'do';

/** The last step that sends something and after which everything is undone. */
export async function lastStep({ table: { kind, steps }, skipped }: Trial): Promise<string> {
  const idle = await skipped();
  const last = steps.findLast((row) => !idle.has(row.name) && !isForwardOnly(row));
  ok(last !== undefined, `${kind} has no steps that do anything`);
  return last.name;
}

export function assertCompleted(state: ProcessState): void {
  equal(state.status === 'ended' && state.outcome, 'completed', `must complete, but: ${JSON.stringify(state)}`);
}

/** *At that step*: a process that fails earlier than it should proves nothing about the later undos. */
export function assertEnded(
  state: ProcessState,
  expected: { outcome: 'refused' | 'failed'; step: string },
): asserts state is Extract<ProcessState, { status: 'ended' }> {
  const actual = state.status === 'ended' ? { outcome: state.outcome, step: state.failure?.step } : state;
  deepStrictEqual(actual, expected, `must end ${expected.outcome} at ${expected.step}, but: ${JSON.stringify(actual)}`);
}

export function assertCleanSlate({ options }: Trial, run: LawRun): void {
  deepStrictEqual(run.world.exists(), options.world().exists(), 'the undos must leave a clean slate');
}
