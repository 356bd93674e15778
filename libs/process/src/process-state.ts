import type { ContextName, Finding, Instant, ProcessEvent } from '@freehold/kernel';
import type { Json } from './effect.js';

/** One attempt at a step's forward command or at its undo. */
export type AttemptRecord = { attempt: number; startedAt: Instant } & (
  | { status: 'started' }
  | { status: 'awaiting'; reply: Json; until: Instant }
  | { status: 'succeeded'; output: Json; endedAt: Instant }
  | { status: 'failed'; findings: readonly Finding[]; outcomeKnown: boolean; endedAt: Instant }
);

/** A step that was started; the last attempt in each direction. */
export interface StepRecord {
  step: string;
  do: AttemptRecord;
  undo: AttemptRecord | null;
}

/** Why the undos run. `step` is null when staff asked for it. */
export interface Failure {
  step: string | null;
  reason: 'refused' | 'failed' | 'timed-out' | 'undone';
  findings: readonly Finding[];
}

export interface Begun {
  definition: number;
  input: Json;
  startedAt: Instant;
  /** In the order of their start. */
  steps: readonly StepRecord[];
  timer: { step: string; until: Instant } | null;
}

export type ProcessState =
  | { status: 'not-begun' }
  | (Begun & { status: 'running' })
  | (Begun & { status: 'undoing'; failure: Failure })
  | (Begun & { status: 'stuck'; failure: Failure; step: string; findings: readonly Finding[] })
  | (Begun & {
      status: 'ended';
      outcome: 'completed' | 'refused' | 'failed';
      failure: Failure | null;
      findings: readonly Finding[];
      endedAt: Instant;
    });

/** A process that may go on by itself. */
export type Moving = Extract<ProcessState, { status: 'running' | 'undoing' }>;

export const isMoving = (state: ProcessState): state is Moving =>
  state.status === 'running' || state.status === 'undoing';

type EventName = ProcessEvent['type'] extends infer Type
  ? Type extends `${ContextName}.${infer Name}.v1`
    ? Name
    : never
  : never;
type Named<Name extends EventName> = Extract<ProcessEvent, { type: `${ContextName}.${Name}.v1` }>;

/** Whether the event is this one, in whichever context. */
export const isEvent = <Name extends EventName>(event: ProcessEvent, name: Name): event is Named<Name> =>
  event.type.endsWith(`.${name}.v1`);

/** Of every process's state, which `evolve` makes alone: see `stateVersion` of an aggregate's definition. */
export const PROCESS_STATE_VERSION = 1;

/** Total over the events: the last line does not compile when one is forgotten. */
export function evolve(state: ProcessState, event: ProcessEvent): ProcessState {
  if (isEvent(event, 'process-started')) {
    const { definition, input, at } = event.data;
    return { status: 'running', definition, input, startedAt: at, steps: [], timer: null };
  }
  if (state.status === 'not-begun') throw new Error(`${event.type} before the process started`);
  if (isEvent(event, 'timer-set')) return { ...state, timer: { step: event.data.step, until: event.data.until } };
  if (isEvent(event, 'step-started')) {
    const { attempt, at } = event.data;
    return withAttempt(state, event.data, () => ({ attempt, startedAt: at, status: 'started' }));
  }
  if (isEvent(event, 'step-awaits')) {
    const { reply, until } = event.data;
    return withAttempt(state, event.data, (begun) => ({ ...begun, status: 'awaiting', reply, until }));
  }
  if (isEvent(event, 'step-succeeded')) {
    const { output, at } = event.data;
    return withAttempt(state, event.data, (begun) => ({ ...begun, status: 'succeeded', output, endedAt: at }));
  }
  if (isEvent(event, 'step-failed')) return failed(state, event);
  if (isEvent(event, 'process-stuck')) {
    return { ...state, status: 'stuck', failure: failureOf(state), ...event.data };
  }
  if (isEvent(event, 'process-resumed')) return resumed(state, event.data.action);
  if (isEvent(event, 'process-ended')) {
    const { outcome, findings, at } = event.data;
    const failure = outcome === 'completed' ? null : failureOf(state);
    return { ...state, status: 'ended', outcome, findings, failure, endedAt: at };
  }
  return forgotten(event);
}

type Started = Exclude<ProcessState, { status: 'not-begun' }>;
export type Stuck = Extract<ProcessState, { status: 'stuck' }>;

/** Whether it is stuck at a step itself, which only goes forward, or at the undo of one. */
export const directionOfStuck = ({ steps, step: at }: Stuck): 'do' | 'undo' =>
  steps.find(({ step }) => step === at)?.undo === null ? 'do' : 'undo';

function resumed(state: Started, action: 'retry' | 'undo' | 'continue'): ProcessState {
  const goesOn = action === 'continue' || (state.status === 'stuck' && directionOfStuck(state) === 'do');
  if (!goesOn) return { ...state, status: 'undoing', failure: failureOf(state) };
  const { definition, input, startedAt, steps, timer } = state;
  return { status: 'running', definition, input, startedAt, steps, timer };
}

function failed(state: Started, { data }: Named<'step-failed'>): ProcessState {
  const { step, direction, reason, findings, outcomeKnown, at } = data;
  const ended = withAttempt(state, data, (begun) => ({
    ...begun,
    status: 'failed',
    findings,
    outcomeKnown,
    endedAt: at,
  }));
  return direction === 'undo' ? ended : { ...ended, status: 'undoing', failure: { step, reason, findings } };
}

/** Until something fails, only staff can have asked for the undos. */
const failureOf = (state: Started): Failure =>
  'failure' in state && state.failure !== null
    ? state.failure
    : { step: null, reason: 'undone', findings: [undoneByStaff] };

const undoneByStaff: Finding = {
  pointer: '',
  code: 'undone-by-staff',
  detail: 'Staff asked for this work to be undone while it was under way.',
  hint: 'Ask the provider for the reason, then start it again.',
};

interface AttemptName {
  step: string;
  direction: 'do' | 'undo';
  attempt: number;
}

type AttemptChange = (begun: { attempt: number; startedAt: Instant }) => AttemptRecord;

function withAttempt<State extends Started>(state: State, name: AttemptName, change: AttemptChange): State {
  const known = state.steps.find(({ step }) => step === name.step);
  const before = known?.[name.direction];
  const after = change({ attempt: name.attempt, startedAt: before?.startedAt ?? '' });
  if (known === undefined) return { ...state, steps: [...state.steps, { step: name.step, do: after, undo: null }] };
  const changed = { ...known, [name.direction]: after };
  return { ...state, steps: state.steps.map((record) => (record === known ? changed : record)) };
}

function forgotten(event: never): never {
  throw new Error(`No rule for ${JSON.stringify(event)}`);
}
