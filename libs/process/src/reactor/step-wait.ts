import type { Json } from '../effect.js';
import { eventId } from '../next-action.js';
import {
  type ActionOf,
  attemptOf,
  deliver,
  record,
  recordFailure,
  type Rest,
  type RunnerParts,
  timedOut,
  type Turn,
} from './turn.js';
import { type Reaction, verdictOfArrived, verdictOfHistory } from './watches.js';

/**
 * Looks whether what is awaited has happened. The first time, and before giving up, the awaited aggregates themselves
 * are read: their event may have passed before anybody waited, or while nobody ran.
 */
export async function waitFor(parts: RunnerParts, turn: Turn, action: ActionOf<'wait'>): Promise<Rest | null> {
  const { tracked } = turn;
  const { commandId, awaited, until, step } = action;
  const before = tracked.watch?.commandId === commandId ? tracked.watch : null;
  if (before === null) await publishAgain(parts, turn, action);
  const now = parts.clock.now().getTime();
  const watch = before ?? parts.watches.open(tracked, { commandId, awaited, sinceMs: now });
  // Who comes back after a long silence waits a full time again: others were silent too.
  const deadline = Math.max(Date.parse(until), watch.sinceMs + awaited.timeoutMs);
  const look = before === null || now >= deadline;
  const reaction = verdictOfArrived(watch) ?? (look ? await verdictOfHistory(parts.store, awaited) : null);
  if (reaction !== null) return react(parts, turn, action, reaction);
  if (watch.arrived.length > 0) return null;
  if (now < deadline) return { kind: 'sleeps', untilMs: deadline };
  const detail = `was accepted, and what it waits for did not happen within ${awaited.timeoutMs / 1000} s`;
  const findings = [timedOut(step, 'step-timed-out', detail)];
  return recordFailure(parts, turn, action, { reason: 'timed-out', findings, outcomeKnown: false });
}

/** The queue may have lost a job; the agent answers one that it has done from its journal. */
async function publishAgain(parts: RunnerParts, turn: Turn, action: ActionOf<'wait'>): Promise<void> {
  const { tracked } = turn;
  if (action.effect.kind !== 'job' || tracked.sent === action.commandId) return;
  const outcome = await deliver(parts, turn, action);
  if (outcome.kind === 'unavailable')
    throw new Error(`The job of ${action.step} cannot be published: ${outcome.detail}`);
  tracked.sent = action.commandId;
}

function react(parts: RunnerParts, turn: Turn, action: ActionOf<'wait'>, reaction: Reaction): Promise<null> {
  const { verdict, position, index } = reaction;
  const cause = eventId(position, index);
  if (verdict.kind === 'failed') {
    const { findings } = verdict;
    const outcome = { reason: 'failed', findings, outcomeKnown: true, reactedTo: position, cause } as const;
    return recordFailure(parts, turn, action, outcome);
  }
  // `Await` has a JSON output by construction (`command`, `job`); the log checks it again.
  const output = verdict.output as Json;
  const succeeded = { type: 'succeed', output, reactedTo: position, ...attemptOf(action) } as const;
  return record(parts, turn, succeeded, { attempt: action, cause });
}
