import type { Finding, Instant, ProcessAction } from '@freehold/kernel';
import { z } from 'zod';
import { actionsNow } from './process-resume.js';
import { type AttemptRecord, directionOfStuck, type ProcessState, type StepRecord } from './process-state.js';
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
  /** Why it is not going forward: the step that failed first (null: staff asked for the undos). */
  failure: { step: string | null; findings: readonly Finding[] } | null;
  /** Where it is stuck. */
  stuck: { step: string; direction: 'do' | 'undo' } | null;
  /** What staff can ask of it now, the most useful first. */
  actions: ProcessAction[];
}

export interface StepProgress {
  name: string;
  /** `undone`: its undo succeeded. `failed`: refused, failed or timed out, or its undo failed. */
  state: 'waiting' | 'running' | 'awaiting' | 'done' | 'failed' | 'undoing' | 'undone';
  /** Which attempt this is, in the direction that is shown; 0: none yet. */
  attempt: number;
  /** Both of the attempt that is shown. */
  startedAt: Instant | null;
  endedAt: Instant | null;
  /** A timer that the step waits for. */
  notBefore: Instant | null;
  /** Why the step, or its undo, had nothing to do. */
  skipped: string | null;
}

export function processProgress(table: ProcessTable, state: ProcessState): ProcessProgress {
  const begun = state.status === 'not-begun' ? null : state;
  const failure = begun !== null && 'failure' in begun ? begun.failure : null;
  return {
    status: state.status,
    outcome: state.status === 'ended' ? state.outcome : null,
    startedAt: begun?.startedAt ?? null,
    endedAt: state.status === 'ended' ? state.endedAt : null,
    steps: table.steps.map(({ name }) => {
      const record = begun?.steps.find(({ step }) => step === name);
      const notBefore = begun?.timer?.step === name ? begun.timer.until : null;
      return { ...stepProgress(name, record, failure === null), notBefore: record === undefined ? notBefore : null };
    }),
    findings: findingsSoFar(state),
    failure: failure === null ? null : { step: failure.step, findings: failure.findings },
    stuck: state.status === 'stuck' ? { step: state.step, direction: directionOfStuck(state) } : null,
    actions: actionsNow(table, state),
  };
}

/** @param isForward it goes on: what its undo came to, before staff let it go on, does not count any more */
function stepProgress(
  name: string,
  record: StepRecord | undefined,
  isForward: boolean,
): Omit<StepProgress, 'notBefore'> {
  if (record === undefined) {
    return { name, state: 'waiting', attempt: 0, startedAt: null, endedAt: null, skipped: null };
  }
  const undo = isForward ? null : record.undo;
  const last = undo ?? record.do;
  const { attempt, startedAt } = last;
  const shown = { name, attempt, startedAt, endedAt: endOf(last), skipped: whySkipped(last) };
  return undo === null ? { ...shown, state: FORWARD[record.do.status] } : { ...shown, state: BACKWARD[undo.status] };
}

const FORWARD = { started: 'running', awaiting: 'awaiting', succeeded: 'done', failed: 'failed' } as const;
const BACKWARD = { started: 'undoing', awaiting: 'undoing', succeeded: 'undone', failed: 'failed' } as const;

const Skip = z.strictObject({ skipped: z.string() });
const whySkipped = (record: AttemptRecord): string | null =>
  record.status === 'succeeded' ? (Skip.safeParse(record.output).data?.skipped ?? null) : null;

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
