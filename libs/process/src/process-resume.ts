/**
 * What staff may ask of a process: that what is stuck is tried again, that it goes on with what failed in place of undoing
 * it, or that it is undone. Each is recorded, and refused where it could do harm.
 */
import { accepted, type Decision, refused } from '@freehold/decider';
import type { Finding, Instant, ProcessAction, ProcessEvent } from '@freehold/kernel';
import { directionOfStuck, type ProcessState, type Stuck } from './process-state.js';
import { isForwardOnly, type ProcessTable } from './process-table.js';

export function resume(
  table: ProcessTable,
  { action, at }: { action: ProcessAction; at: Instant },
  state: ProcessState,
): Decision<ProcessEvent> {
  if (action === 'undo' && state.status === 'undoing') return accepted();
  const findings = speaksAgainst(table, action, state);
  if (findings.length > 0) return refused(...findings);
  return accepted({ type: `${table.context}.process-resumed.v1`, data: { action, at } });
}

/** What makes sense now, the most useful first. */
export const actionsNow = (table: ProcessTable, state: ProcessState): ProcessAction[] =>
  (['continue', 'retry', 'undo'] as const).filter(
    (action) =>
      !(action === 'undo' && state.status === 'undoing') &&
      !(action === 'continue' && state.status === 'stuck' && directionOfStuck(state) === 'do') &&
      speaksAgainst(table, action, state).length === 0,
  );

function speaksAgainst(table: ProcessTable, action: ProcessAction, state: ProcessState): Finding[] {
  switch (action) {
    case 'retry':
      return state.status === 'stuck' ? [] : [notStuck];
    case 'continue':
      if (state.status !== 'stuck') return [notStuck];
      return directionOfStuck(state) === 'do' || mayContinue(table, state) ? [] : [cannotContinue];
    case 'undo':
      return speaksAgainstUndo(table, state);
  }
}

/** Nothing was taken back yet, and what failed can be tried again. */
const mayContinue = (table: ProcessTable, { failure, steps }: Stuck): boolean =>
  table.steps.some(({ name, mayContinue: may }) => may && name === failure.step) &&
  steps.every(({ undo }) => undo?.status !== 'succeeded');

function speaksAgainstUndo(table: ProcessTable, state: ProcessState): Finding[] {
  if (state.status === 'undoing') return [];
  if (state.status === 'stuck') return [directionOfStuck(state) === 'do' ? onlyForward : undoFailed];
  if (state.status !== 'running') return [notRunning];
  if (state.steps.length === 0 && state.timer === null) return [notYetBegun];
  return isPastReturn(table, state) ? [pastReturn] : [];
}

/** A step has begun from which on nobody can ask for an undo any more. */
export function isPastReturn(table: ProcessTable, state: ProcessState): boolean {
  const begun = new Set(state.status === 'not-begun' ? [] : state.steps.map(({ step }) => step));
  return table.steps.some((row) => begun.has(row.name) && (row.pointOfNoReturn || isForwardOnly(row)));
}

const finding = (code: string, detail: string, hint: string): Finding => ({ pointer: '', code, detail, hint });

const LOOK = 'Look at the work with "freehold work show".';
const notStuck = finding('process-not-stuck', 'Only work that is stuck can be tried again.', LOOK);
const cannotContinue = finding(
  'process-cannot-continue',
  'It can only be undone: something of it was taken back already, or what failed cannot be tried again.',
  'Repair what the findings name, then "freehold work retry".',
);
const onlyForward = finding(
  'process-stuck',
  'It is stuck at a step that only goes forward.',
  'Repair what the findings name, then "freehold work retry".',
);
const undoFailed = finding(
  'process-stuck',
  'The undos are under way, and one of them failed.',
  'Repair what the findings name, then "freehold work retry".',
);
const notRunning = finding('process-not-running', 'Only work under way can be undone.', LOOK);
/** Only its steps have undos: ended without one, what asked for it would wait for ever. */
const notYetBegun = finding(
  'process-not-running',
  'Its first step has not begun, so there is nothing to undo yet.',
  'Ask again in a moment.',
);
const pastReturn = finding(
  'process-past-return',
  'It is past the point from which it can be undone.',
  'It goes on by itself; see how far it is with "freehold work show".',
);
