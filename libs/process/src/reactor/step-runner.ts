import type { Skipped } from '../effect.js';
import { nextAction } from '../next-action.js';
import { processDefinition } from '../process-decide.js';
import type { ProcessTable } from '../process-table.js';
import { waitFor } from './step-wait.js';
import type { Tracked } from './tracked-process.js';
import {
  type ActionOf,
  attemptOf,
  deliver,
  instantOf,
  record,
  recordFailure,
  type Rest,
  type RunnerParts,
  timedOut,
  type Turn,
} from './turn.js';

/** Takes one process as far as it goes now: load, one action, record, load again. Never two at once for one process. */
export async function proceed(parts: RunnerParts, tracked: Tracked, table: ProcessTable): Promise<Rest> {
  for (;;) {
    const loaded = await parts.store.load(processDefinition(table), tracked.name, { confirmed: true });
    const rest = await act(parts, { tracked, table, loaded });
    if (rest !== null) return rest;
  }
}

/** Null: something was recorded, look again. */
async function act(parts: RunnerParts, turn: Turn): Promise<Rest | null> {
  const action = nextAction(turn.table, turn.loaded.state, turn.tracked.name);
  if (action.kind !== 'wait') parts.watches.close(turn.tracked);
  switch (action.kind) {
    case 'not-begun':
      return { kind: 'sleeps', untilMs: null };
    case 'stuck':
      return { kind: 'stuck', findings: action.findings };
    case 'ended':
      return { kind: 'ended' };
    case 'start':
      return start(parts, turn, action);
    case 'skip':
      return skip(parts, turn, action);
    case 'send':
      return send(parts, turn, action);
    case 'wait':
      return waitFor(parts, turn, action);
  }
}

async function start(parts: RunnerParts, turn: Turn, action: ActionOf<'start'>): Promise<Rest | null> {
  const { step, notBefore, timerSet } = action;
  if (notBefore === null || Date.parse(notBefore) <= parts.clock.now().getTime()) {
    return record(parts, turn, { type: 'start-step', ...attemptOf(action) }, { attempt: action });
  }
  if (!timerSet) await record(parts, turn, { type: 'set-timer', step, until: notBefore }, { attempt: action });
  return { kind: 'sleeps', untilMs: Date.parse(notBefore) };
}

function skip(parts: RunnerParts, turn: Turn, action: ActionOf<'skip'>): Promise<null> {
  const output: Skipped = { skipped: action.why };
  const succeeded = { type: 'succeed', output, reactedTo: null, ...attemptOf(action) } as const;
  return record(parts, turn, succeeded, { attempt: action });
}

async function send(parts: RunnerParts, turn: Turn, action: ActionOf<'send'>): Promise<Rest | null> {
  const { tracked } = turn;
  const { effect, commandId } = action;
  const outcome = await deliver(parts, turn, action);
  if (outcome.kind === 'unavailable') return bear(parts, turn, action, outcome.detail);
  tracked.patience = null;
  if (outcome.kind === 'refused') {
    const { findings } = outcome;
    return recordFailure(parts, turn, action, { reason: 'refused', findings, outcomeKnown: true });
  }
  tracked.sent = commandId;
  const { reply } = outcome;
  if (effect.until === null) {
    const succeeded = { type: 'succeed', output: reply, reactedTo: null, ...attemptOf(action) } as const;
    return record(parts, turn, succeeded, { attempt: action });
  }
  const { timeoutMs } = effect.until({ reply, commandId });
  const until = instantOf(parts.clock.now().getTime() + timeoutMs);
  return record(parts, turn, { type: 'await', reply, until, ...attemptOf(action) }, { attempt: action });
}

/** Silence is no outcome: the same again, with growing pauses, until the deadline; then nobody knows. */
async function bear(parts: RunnerParts, turn: Turn, action: ActionOf<'send'>, detail: string): Promise<Rest | null> {
  const { tracked } = turn;
  const { commandId, effect, step } = action;
  const now = parts.clock.now().getTime();
  const known = tracked.patience?.commandId === commandId ? tracked.patience : null;
  const patience = { commandId, sinceMs: known?.sinceMs ?? now, tries: (known?.tries ?? 0) + 1 };
  const deadline = patience.sinceMs + effect.timeoutMs;
  tracked.patience = now < deadline ? patience : null;
  if (now < deadline) return { kind: 'sleeps', untilMs: Math.min(deadline, now + parts.backoffMs(patience.tries)) };
  const findings = [timedOut(step, 'outcome-unknown', `had no answer within ${effect.timeoutMs / 1000} s (${detail})`)];
  return recordFailure(parts, turn, action, { reason: 'timed-out', findings, outcomeKnown: false });
}
