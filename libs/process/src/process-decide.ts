import { accepted, type Decision, fold, refused } from '@freehold/decider';
import {
  type Finding,
  findingsOf,
  type Instant,
  type Position,
  type ProcessAction,
  processEvents,
  type ProcessEvent,
} from '@freehold/kernel';
import type { AggregateDefinition } from '@freehold/log';
import { z } from 'zod';
import type { Json } from './effect.js';
import { type Attempt, currentAttempt } from './next-action.js';
import { evolve, type Failure, isMoving, PROCESS_STATE_VERSION, type ProcessState } from './process-state.js';
import { resume } from './process-resume.js';
import { isForwardOnly, type ProcessTable } from './process-table.js';

/** What is asked of a process. `at` comes in with it; only `begin` and `resume` come from outside the reactor. */
export type ProcessCommand = { at: Instant } & (
  | { type: 'begin'; input: unknown }
  | { type: 'set-timer'; step: string; until: Instant }
  | ({ type: 'start-step' } & Attempt)
  | ({ type: 'await'; reply: Json; until: Instant } & Attempt)
  | ({ type: 'succeed'; output: Json; reactedTo: Position | null } & Attempt)
  | ({ type: 'fail' } & FailedOutcome & Attempt)
  | { type: 'resume'; action: ProcessAction }
);

export interface FailedOutcome {
  reason: 'refused' | 'failed' | 'timed-out';
  findings: readonly Finding[];
  reactedTo: Position | null;
  outcomeKnown: boolean;
}

export type ProcessDefinition = AggregateDefinition<ProcessState, ProcessCommand, ProcessEvent>;

const definitions = new WeakMap<ProcessTable, ProcessDefinition>();

/** The aggregate that a table makes; the same object each time, because a store's memory goes by its identity. */
export function processDefinition(table: ProcessTable): ProcessDefinition {
  const definition = definitions.get(table) ?? definitionFrom(table);
  definitions.set(table, definition);
  return definition;
}

function definitionFrom(table: ProcessTable): ProcessDefinition {
  const initialState = (): ProcessState => ({ status: 'not-begun' });
  return {
    context: table.context,
    aggregate: table.kind,
    events: processEvents(table.context),
    stateVersion: PROCESS_STATE_VERSION,
    initialState,
    evolve,
    decide: (command, state) => closed(table, state, decide(table, command, state), command.at),
  };
}

function decide(table: ProcessTable, command: ProcessCommand, state: ProcessState): Decision<ProcessEvent> {
  switch (command.type) {
    case 'begin':
      return begin(table, command, state);
    case 'resume':
      return resume(table, command, state);
    case 'set-timer':
      return setTimer(table, command, state);
    case 'start-step':
      return startStep(table, command, state);
    case 'await':
    case 'succeed':
    case 'fail':
      return outcome(table, command, state);
  }
}

type Of<Type extends ProcessCommand['type']> = Extract<ProcessCommand, { type: Type }>;

function begin(table: ProcessTable, { input, at }: Of<'begin'>, state: ProcessState): Decision<ProcessEvent> {
  if (state.status !== 'not-begun') return refused(finding('process-begun', 'This work has begun already.', LOOK));
  const checked = z.record(z.string(), z.json()).safeParse(input);
  if (!checked.success) return refused(...findingsOf(checked.error));
  const typed = table.input.safeParse(checked.data);
  if (!typed.success) return refused(...findingsOf(typed.error));
  const data = { definition: table.definition, input: checked.data, at };
  return accepted({ type: `${table.context}.process-started.v1`, data });
}

function setTimer(table: ProcessTable, command: Of<'set-timer'>, state: ProcessState): Decision<ProcessEvent> {
  if (state.status !== 'running' || currentAttempt(table, state)?.step !== command.step) return movedOn();
  if (state.timer?.step === command.step) return accepted();
  const { step, until, at } = command;
  return accepted({ type: `${table.context}.timer-set.v1`, data: { step, until, at } });
}

function startStep(table: ProcessTable, command: Of<'start-step'>, state: ProcessState): Decision<ProcessEvent> {
  const current = isMoving(state) ? currentAttempt(table, state) : null;
  if (!isMoving(state) || current === null || !sameAttempt(current, command)) return movedOn();
  if (current.record !== null) return accepted();
  const { step, direction, attempt, at } = command;
  if (direction === 'do' && state.timer?.step === step && Date.parse(at) < Date.parse(state.timer.until)) {
    return refused(finding('too-early', `${step} waits until ${state.timer.until}.`, LOOK));
  }
  return accepted({ type: `${table.context}.step-started.v1`, data: { step, direction, attempt, at } });
}

function outcome(
  table: ProcessTable,
  command: Of<'await' | 'succeed' | 'fail'>,
  state: ProcessState,
): Decision<ProcessEvent> {
  const current = isMoving(state) ? currentAttempt(table, state) : null;
  if (current === null || current.record === null || !sameAttempt(current, command)) return movedOn();
  const { step, direction, attempt, at } = command;
  const data = { step, direction, attempt, at };
  switch (command.type) {
    case 'await': {
      if (current.record.status === 'awaiting') return accepted();
      const { reply, until } = command;
      return accepted({ type: `${table.context}.step-awaits.v1`, data: { ...data, reply, until } });
    }
    case 'succeed': {
      const { output, reactedTo } = command;
      return accepted({ type: `${table.context}.step-succeeded.v1`, data: { ...data, output, reactedTo } });
    }
    case 'fail': {
      const { reason, reactedTo, outcomeKnown } = command;
      const findings = [...command.findings];
      const why = { reason, findings, reactedTo, outcomeKnown };
      const events: ProcessEvent[] = [{ type: `${table.context}.step-failed.v1`, data: { ...data, ...why } }];
      if (direction === 'undo' || isForwardOnly(current.row))
        events.push({ type: `${table.context}.process-stuck.v1`, data: { step, findings, at } });
      return accepted(...events);
    }
  }
}

/** Ends the process in the same commit in which nothing is left to do. */
function closed(
  table: ProcessTable,
  before: ProcessState,
  decision: Decision<ProcessEvent>,
  at: Instant,
): Decision<ProcessEvent> {
  if (decision.kind === 'refused' || decision.events.length === 0) return decision;
  const after = fold({ initialState: () => before, evolve }, decision.events);
  if (!isMoving(after) || currentAttempt(table, after) !== null) return decision;
  const how = after.status === 'running' ? { outcome: 'completed' as const, findings: [] } : undone(after.failure);
  return accepted(...decision.events, { type: `${table.context}.process-ended.v1`, data: { ...how, at } });
}

const undone = ({ reason, findings }: Failure) => ({
  outcome: reason === 'refused' ? ('refused' as const) : ('failed' as const),
  findings: [...findings],
});

const sameAttempt = (left: Attempt, right: Attempt): boolean =>
  left.step === right.step && left.direction === right.direction && left.attempt === right.attempt;

const LOOK = 'Look at the work with `freehold work show`.';
const finding = (code: string, detail: string, hint: string): Finding => ({ pointer: '', code, detail, hint });

/** Somebody else recorded something meanwhile: load, and look again. */
const movedOn = (): Decision<never> =>
  refused(finding('process-moved-on', 'The process is not at this attempt.', 'Load it again; nothing needs repair.'));
