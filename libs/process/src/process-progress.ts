import type { Finding, Instant } from '@freehold/kernel';
import { type AttemptRecord, type ProcessState, type StepRecord } from './process-state.js';
import type { ProcessTable } from './process-table.js';

/** What the command line's live list shows. */
export interface ProcessProgress {
  status: ProcessState['status'];
  /** Null until the end. */
  outcome: 'completed' | 'refused' | 'failed' | null;
  startedAt: Instant | null;
  endedAt: Instant | null;
  /** All steps of the table, in its order. */
  steps: StepProgress[];
  /** Of the end, of what is stuck, or of what made the undos run. */
  findings: readonly Finding[];
}

export interface StepProgress {
  name: string;
  /** `undone`: its undo succeeded. `failed`: refused, failed or timed out, or its undo failed. */
  state: 'waiting' | 'running' | 'awaiting' | 'done' | 'failed' | 'undoing' | 'undone';
  startedAt: Instant | null;
  /** Of the last attempt in either direction. */
  endedAt: Instant | null;
  /** A timer that the step waits for. */
  notBefore: Instant | null;
}

export function processProgress(table: ProcessTable, state: ProcessState): ProcessProgress {
  const begun = state.status === 'not-begun' ? null : state;
  return {
    status: state.status,
    outcome: state.status === 'ended' ? state.outcome : null,
    startedAt: begun?.startedAt ?? null,
    endedAt: state.status === 'ended' ? state.endedAt : null,
    steps: table.steps.map(({ name }) => {
      const record = begun?.steps.find(({ step }) => step === name);
      const notBefore = begun?.timer?.step === name ? begun.timer.until : null;
      return { ...stepProgress(name, record), notBefore: record === undefined ? notBefore : null };
    }),
    findings: findingsSoFar(state),
  };
}

function stepProgress(name: string, record: StepRecord | undefined): Omit<StepProgress, 'notBefore'> {
  if (record === undefined) return { name, state: 'waiting', startedAt: null, endedAt: null };
  const { startedAt } = record.do;
  const endedAt = endOf(record.undo ?? record.do);
  if (record.undo === null) return { name, state: FORWARD[record.do.status], startedAt, endedAt };
  return { name, state: BACKWARD[record.undo.status], startedAt, endedAt };
}

const FORWARD = { started: 'running', awaiting: 'awaiting', succeeded: 'done', failed: 'failed' } as const;
const BACKWARD = { started: 'undoing', awaiting: 'undoing', succeeded: 'undone', failed: 'failed' } as const;

const endOf = (record: AttemptRecord): Instant | null => ('endedAt' in record ? record.endedAt : null);

function findingsSoFar(state: ProcessState): readonly Finding[] {
  switch (state.status) {
    case 'not-begun':
    case 'running':
      return [];
    case 'undoing':
      return state.failure.findings;
    case 'stuck':
    case 'ended':
      return state.findings;
  }
}
