import type { Decision } from '@freehold/decider';
import type { Commit, DomainEvent, RecordedEvent } from '@freehold/kernel';
import { type AggregateState, foldCommits, recordedOf } from './aggregate-definition.js';
import type { AggregateLoader } from './aggregate-load.js';
import type { AggregateStore, CommandMeta, ExecuteRequest, ExecuteResult } from './aggregate-store.js';
import type { Appender } from './appender.js';
import { backOff, deadlineIn } from './backoff.js';
import { BrokenChain, Contended, LogUnavailable } from './log.errors.js';
import type { Log, PlacedCommit } from './log.port.js';
import { subjectOf } from './subject.js';

export interface ExecuteParts {
  log: Log;
  appender: Appender;
  clock: () => Date;
  deadlineMs: number;
  load: AggregateStore['load'];
  stateAt: AggregateStore['stateAt'];
  remember: AggregateLoader['remember'];
}

/**
 * One command against one aggregate: load, decide, append; decide again when another commit came first, and ask again
 * when the log is away, until the deadline.
 */
export async function executeCommand<State, Command, Event extends DomainEvent>(
  parts: ExecuteParts,
  request: ExecuteRequest<State, Command, Event>,
): Promise<ExecuteResult<State>> {
  const deadline = deadlineIn(parts.deadlineMs);
  let confirmed = false;
  for (let attempt = 1; ; attempt += 1) {
    const ended = await attemptOnce(parts, request, { confirmed, deadlineMs: deadline.leftMs() });
    if (ended.kind !== 'conflict' && ended.kind !== 'unconfirmed' && ended.kind !== 'silence') return ended;
    confirmed = true;
    if (ended.kind === 'unconfirmed' || (await backOff(attempt, deadline))) continue;
    throw ended.kind === 'silence' ? ended.cause : new Contended(subjectOf(request.name), attempt);
  }
}

type Ended<State> =
  ExecuteResult<State> | { kind: 'conflict' } | { kind: 'unconfirmed' } | { kind: 'silence'; cause: LogUnavailable };

async function attemptOnce<State, Command, Event extends DomainEvent>(
  parts: ExecuteParts,
  request: ExecuteRequest<State, Command, Event>,
  { confirmed, deadlineMs }: { confirmed: boolean; deadlineMs: number },
): Promise<Ended<State>> {
  try {
    const loaded = await parts.load(request.definition, request.name, { confirmed });
    const answer = await answerWithout(parts, request, loaded);
    if (answer.kind === 'append') return await append(parts, request, { loaded, events: answer.events, deadlineMs });
    const final = confirmed || answer.kind === 'committed' || answer.kind === 'command-reused';
    return final ? answer : { kind: 'unconfirmed' };
  } catch (cause) {
    // Only reads throw this, and all of the attempt may be done again: the command id is looked for first.
    if (cause instanceof LogUnavailable) return { kind: 'silence', cause };
    // What was known of the aggregate may be none of this log: then the log alone says.
    if (cause instanceof BrokenChain && !confirmed) return { kind: 'unconfirmed' };
    throw cause;
  }
}

type Answer<State, Event> = ExecuteResult<State> | { kind: 'append'; events: readonly Event[] };

/** The answer that this state gives, or what is to be appended. */
async function answerWithout<State, Command, Event extends DomainEvent>(
  parts: ExecuteParts,
  request: ExecuteRequest<State, Command, Event>,
  loaded: AggregateState<State>,
): Promise<Answer<State, Event>> {
  const { definition, command, meta, expectedVersion } = request;
  const { state, version, position, commandIds } = loaded;
  const first = commandIds.get(meta.commandId);
  if (first !== undefined) {
    const stored = await parts.log.read(first);
    if (stored?.commit.command.id !== meta.commandId) {
      throw new BrokenChain(subjectOf(request.name), first, 'a commit that was read before is gone');
    }
    return repeat(parts, request, { stored: placed(stored), known: loaded });
  }
  if (expectedVersion !== undefined && expectedVersion !== version) return { kind: 'version-mismatch', version };
  const decision: Decision<Event> = definition.decide(command, state);
  if (decision.kind === 'refused') return decision;
  if (decision.events.length === 0) return { kind: 'unchanged', position, version, state };
  return { kind: 'append', events: decision.events };
}

/** The answer of the first time, from its commit alone. */
async function repeat<State, Command, Event extends DomainEvent>(
  parts: ExecuteParts,
  { definition, name, meta }: ExecuteRequest<State, Command, Event>,
  { stored, known }: { stored: PlacedCommit; known: AggregateState<State> | null },
): Promise<ExecuteResult<State>> {
  if (stored.commit.command.digest !== meta.digest) return { kind: 'command-reused' };
  const { state } =
    known?.position === stored.position ? known : await parts.stateAt(definition, name, stored.position);
  return { kind: 'committed', stored, state, repeated: true };
}

interface Decided<State, Event> {
  loaded: AggregateState<State>;
  events: readonly Event[];
  deadlineMs: number;
}

async function append<State, Command, Event extends DomainEvent>(
  { appender, ...parts }: ExecuteParts,
  request: ExecuteRequest<State, Command, Event>,
  { loaded, events, deadlineMs }: Decided<State, Event>,
): Promise<ExecuteResult<State> | { kind: 'conflict' }> {
  const { definition, name, meta } = request;
  const subject = subjectOf(name);
  const result = await appender.append({
    subject,
    commit: commitOf(parts.clock(), meta, loaded, recordedOf(definition, events)),
    expected: loaded.position,
    deadlineMs: Math.max(deadlineMs, 1),
    ...(meta.traceparent === undefined ? {} : { headers: { traceparent: meta.traceparent } }),
  });
  if (result.kind === 'conflict') return result;
  if (result.found) return repeat({ appender, ...parts }, request, { stored: placed(result.stored), known: null });
  const after = foldCommits(definition, loaded, [result.stored]);
  parts.remember(definition, subject, after);
  return { kind: 'committed', stored: result.stored, state: after.state, repeated: false };
}

/** Without the stream's time, so that the first answer and a repeated one are the same. */
const placed = ({ position, subject, commit }: PlacedCommit): PlacedCommit => ({ position, subject, commit });

function commitOf<State>(at: Date, meta: CommandMeta, loaded: AggregateState<State>, events: RecordedEvent[]): Commit {
  return {
    version: loaded.version + 1,
    previous: loaded.position,
    at: at.toISOString(),
    actor: meta.actor,
    command: { id: meta.commandId, name: meta.commandName, digest: meta.digest },
    cause: meta.cause,
    correlation: meta.correlation,
    events,
  };
}
