import type { AggregateName, Finding, Id, Instant, Position } from '@freehold/kernel';
import { v5 as uuidV5 } from 'uuid';
import type { Await, Effect, Json, StepEffect } from './effect.js';
import type { ProcessTable, RecordedScope, StepRow } from './process-table.js';
import { type AttemptRecord, type Begun, isMoving, type Moving, type ProcessState } from './process-state.js';

/** One attempt, by name: with the process's id it gives the command id. */
export interface Attempt {
  step: string;
  direction: 'do' | 'undo';
  attempt: number;
}

/** What is to be done now; a function of the table and of what is recorded. */
export type NextAction =
  | { kind: 'not-begun' }
  /** Record the start, not before `notBefore`; if that lies ahead and `timerSet` is false, record the timer. */
  | ({ kind: 'start'; notBefore: Instant | null; timerSet: boolean } & Attempt)
  /** Send, or send again: it is the same command. */
  | ({ kind: 'send'; effect: Effect; commandId: Id; startedAt: Instant } & Attempt)
  /** Record that there is nothing to do. */
  | ({ kind: 'skip'; why: string } & Attempt)
  /** Look at the awaited aggregates, then wait for them. */
  | ({ kind: 'wait'; effect: Effect; commandId: Id; awaited: Await; until: Instant } & Attempt)
  | { kind: 'stuck'; step: string; findings: readonly Finding[] }
  | { kind: 'ended'; outcome: 'completed' | 'refused' | 'failed'; findings: readonly Finding[] };

/** The step's command id: UUID v5 (process, step, direction, attempt). */
export const commandIdOf = (processId: Id, { step, direction, attempt }: Attempt): Id =>
  uuidV5(`${step}/${direction}/${attempt}`, processId);

/** The id of what the process itself records about an attempt; a repeat after a crash is the same command. */
export const recordIdOf = (processId: Id, what: string, { step, direction, attempt }: Attempt): Id =>
  uuidV5(`${step}/${direction}/${attempt}/${what}`, processId);

export interface Current extends Attempt {
  row: StepRow;
  /** Null: this attempt was not started. */
  record: AttemptRecord | null;
}

/** The attempt that is due or under way; null when nothing is left to do, or to undo. */
export function currentAttempt(table: ProcessTable, state: Moving): Current | null {
  return state.status === 'running' ? currentStep(table, state) : currentUndo(table, state);
}

function currentStep(table: ProcessTable, state: Begun): Current | null {
  for (const row of table.steps) {
    const record = recordOf(state, row)?.do ?? null;
    if (record?.status === 'succeeded') continue;
    const due = { row, step: row.name, direction: 'do' as const };
    // What failed is due again only where staff had it tried again.
    if (record?.status === 'failed') return { ...due, attempt: record.attempt + 1, record: null };
    return { ...due, attempt: record?.attempt ?? 1, record };
  }
  return null;
}

/** In reverse, whatever was started: also what was refused and what nobody knows the outcome of. */
function currentUndo(table: ProcessTable, state: Begun): Current | null {
  for (const row of table.steps.toReversed()) {
    const known = recordOf(state, row);
    if (known === undefined || typeof row.undo !== 'function' || known.undo?.status === 'succeeded') continue;
    const due = { row, step: row.name, direction: 'undo' as const };
    if (known.undo === null) return { ...due, attempt: 1, record: null };
    if (known.undo.status === 'failed') return { ...due, attempt: known.undo.attempt + 1, record: null };
    return { ...due, attempt: known.undo.attempt, record: known.undo };
  }
  return null;
}

const recordOf = (state: Begun, row: StepRow) => state.steps.find(({ step }) => step === row.name);

export function nextAction(table: ProcessTable, state: ProcessState, name: AggregateName): NextAction {
  if (state.status === 'not-begun') return { kind: 'not-begun' };
  if (state.status === 'stuck') return { kind: 'stuck', step: state.step, findings: state.findings };
  if (!isMoving(state)) return { kind: 'ended', outcome: state.outcome, findings: state.findings };
  const current = currentAttempt(table, state);
  if (current === null) throw new Error(`${table.kind} ${name.id} is ${state.status} with nothing left to do`);
  const { row, step, direction, attempt, record } = current;
  const due = { step, direction, attempt };
  const scope = scopeOf(state, name, step);
  if (record === null) return { kind: 'start', ...due, ...timerOf(state, current, scope) };
  const effect = effectOf(row, direction, scope);
  if (effect.kind === 'skip') return { kind: 'skip', ...due, why: effect.why };
  const commandId = commandIdOf(name.id, due);
  if (record.status !== 'awaiting') return { kind: 'send', ...due, effect, commandId, startedAt: record.startedAt };
  if (effect.until === null) throw new Error(`${table.kind}: ${step} awaits nothing, yet its record says so`);
  const awaited = effect.until({ reply: record.reply, commandId });
  return { kind: 'wait', ...due, effect, commandId, awaited, until: record.until };
}

function timerOf(state: Begun, { row, direction }: Current, scope: RecordedScope) {
  if (direction === 'undo' || row.notBefore === null) return { notBefore: null, timerSet: false };
  if (state.timer?.step === row.name) return { notBefore: state.timer.until, timerSet: true };
  return { notBefore: row.notBefore(scope), timerSet: false };
}

function effectOf(row: StepRow, direction: 'do' | 'undo', scope: RecordedScope): StepEffect {
  if (direction === 'do') return row.run(scope);
  if (typeof row.undo !== 'function') throw new Error(`${row.name} has no undo: ${JSON.stringify(row.undo)}`);
  return row.undo(scope);
}

/** What a step may look at. `commandId` is that of its first forward attempt. */
function scopeOf(state: Begun, { id, operator }: AggregateName, step: string): RecordedScope {
  const outputs: Record<string, Json> = {};
  for (const known of state.steps) {
    if (known.do.status === 'succeeded') outputs[known.step] = known.do.output;
  }
  const commandId = commandIdOf(id, { step, direction: 'do', attempt: 1 });
  const attempt = state.steps.find((known) => known.step === step)?.do.attempt ?? 1;
  return { processId: id, operator, startedAt: state.startedAt, commandId, attempt, input: state.input, outputs };
}

/** An event's id. */
export const eventId = (position: Position, index: number): string => `${position}/${index}`;
