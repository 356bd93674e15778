import { type Commit, comparePositions, type Position, type StoredCommit } from '@freehold/kernel';
import { previousOf } from './aggregate-walk.js';
import { backOff, type Deadline, deadlineIn } from './backoff.js';
import { LogUnavailable, OutcomeUnknown } from './log.errors.js';
import type { AppendOutcome, Log, PlacedCommit } from './log.port.js';

/**
 * The one way by which a service's commits get into the log. Callers hand over one commit and learn what became of it;
 * whether it went alone or in a batch is the log's business (group-commit.ts).
 *
 *     acknowledged ──────────────────────────────► stored
 *     refused ──► look for the command id ─ found ► stored (found)      ─ none ► conflict: the caller decides again
 *     silence ──► look for the command id ─ found ► stored (found)      ─ none ► the same bytes again, until the deadline
 *
 * On a crash: the caller sends its command again with the same id and meets the first commit.
 */
export interface Appender {
  /** @throws OutcomeUnknown at the deadline, when it is still not known whether the commit is stored. */
  append(request: AppendRequest): Promise<AppendResult>;
}

export interface AppendRequest {
  subject: string;
  commit: Commit;
  /** Where the subject's last commit stands, as far as the caller knows; null: there is none. */
  expected: Position | null;
  /** `traceparent`. */
  headers?: Readonly<Record<string, string>>;
  /** In ms from now. Default: the appender's. */
  deadlineMs?: number;
}

/** `found`: the commit with this command id was met in the log, not acknowledged; it may be an earlier, even a different one of that id. */
export type AppendResult = { kind: 'stored'; stored: PlacedCommit; found: boolean } | { kind: 'conflict' };

export function createAppender({ log, deadlineMs = 10_000 }: { log: Log; deadlineMs?: number }): Appender {
  return { append: (request) => appendUntil(log, request, deadlineIn(request.deadlineMs ?? deadlineMs)) };
}

type Sent = AppendOutcome | { kind: 'silence'; cause: unknown };

async function appendUntil(log: Log, request: AppendRequest, deadline: Deadline): Promise<AppendResult> {
  let silence: unknown;
  for (let attempt = 1; ; attempt += 1) {
    const sent = await send(log, request);
    if (sent.kind === 'stored') return { ...sent, found: false };
    if (sent.kind === 'silence') silence = sent.cause;
    const known = await settle(log, request, deadline);
    if (known.kind === 'stored') return { ...known, found: true };
    if (known.kind === 'conflict') return known;
    if (known.kind === 'silence') silence = known.cause;
    if (!(await backOff(attempt, deadline))) {
      throw new OutcomeUnknown(request.subject, request.commit.command.id, { cause: silence });
    }
  }
}

async function send(log: Log, { subject, commit, expected, headers }: AppendRequest): Promise<Sent> {
  try {
    return await log.append(subject, commit, expected, headers === undefined ? {} : { headers });
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) throw error;
    return { kind: 'silence', cause: error };
  }
}

type Known =
  | { kind: 'stored'; stored: StoredCommit }
  | { kind: 'conflict' }
  | { kind: 'open' }
  | { kind: 'silence'; cause: unknown };

/** What the leader says about our command: stored, overtaken, or still open: nothing came after the expected commit. */
async function settle(log: Log, request: AppendRequest, deadline: Deadline): Promise<Known> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await look(log, request);
    } catch (cause) {
      if (!(cause instanceof LogUnavailable)) throw cause;
      if (!(await backOff(attempt, deadline))) return { kind: 'silence', cause };
    }
  }
}

async function look(log: Log, { subject, commit, expected }: AppendRequest): Promise<Known> {
  let stored = await log.last(subject, { confirmed: true });
  if ((stored?.position ?? null) === expected) return { kind: 'open' };
  while (stored !== null && (expected === null || comparePositions(stored.position, expected) > 0)) {
    if (stored.commit.command.id === commit.command.id) return { kind: 'stored', stored };
    stored = await previousOf(log, stored);
  }
  return { kind: 'conflict' };
}
