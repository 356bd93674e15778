import type { Decision } from '@freehold/decider';
import {
  type Actor,
  type AggregateName,
  type Commit,
  type DomainEvent,
  type Finding,
  type Position,
  type RecordedEvent,
} from '@freehold/kernel';
import { type AggregateState, foldCommits, recordedOf } from './aggregate-definition.js';
import type { AggregateStore, ExecuteRequest } from './aggregate-store.js';
import type { Appender } from './appender.js';
import { backOff, deadlineIn } from './backoff.js';
import { BrokenChain, Contended } from './log.errors.js';
import type { Log, PlacedCommit } from './log.port.js';
import { subjectOf } from './subject.js';

/** What is known of a command besides its content. */
export interface CommandMeta {
  /** UUID: of credential, operation and Idempotency-Key, or of the process's step. */
  commandId: string;
  commandName: string;
  /** Keyed digest of the command's body: the same id with another one is refused. */
  digest: string;
  actor: Actor;
  /** The event that led to this, `<position>/<index>`. */
  cause: string | null;
  correlation: string;
  traceparent?: string;
}

export type ExecuteResult<State> =
  /** `state` is that right after the commit. `repeated`: this command id had its commit already. */
  | { kind: 'committed'; stored: PlacedCommit; state: State; repeated: boolean }
  /** What was asked holds already. */
  | { kind: 'unchanged'; position: Position | null; version: number; state: State }
  | { kind: 'refused'; findings: readonly Finding[] }
  /** `expectedVersion` is not the aggregate's `version`. */
  | { kind: 'version-mismatch'; version: number }
  /** The command id was used before for something else. */
  | { kind: 'command-reused' };

export interface ExecuteParts {
  log: Log;
  appender: Appender;
  clock: () => Date;
  deadlineMs: number;
  load: AggregateStore['load'];
  stateAt: AggregateStore['stateAt'];
  remember: <State>(definition: object, subject: string, loaded: AggregateState<State>) => void;
}

/** One command against one aggregate: load, decide, append; decide again when another commit came first. */
export async function executeCommand<State, Command, Event extends DomainEvent>(
  parts: ExecuteParts,
  request: ExecuteRequest<State, Command, Event>,
): Promise<ExecuteResult<State>> {
  const { definition, name } = request;
  const deadline = deadlineIn(parts.deadlineMs);
  let confirmed = false;
  for (let conflicts = 0; ;) {
    const loaded = await parts.load(definition, name, { confirmed });
    const answered = await answerWithout(parts, request, loaded);
    if (answered.kind === 'append') {
      const appended = await append(parts, request, { loaded, events: answered.events, deadlineMs: deadline.leftMs() });
      if (appended !== null) return appended;
      conflicts += 1;
      if (!(await backOff(conflicts, deadline))) throw new Contended(subjectOf(name), conflicts);
      confirmed = true;
    } else if (confirmed || answered.kind === 'committed' || answered.kind === 'command-reused') {
      return answered;
    } else {
      confirmed = true;
    }
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
    if (stored === null) throw new BrokenChain(subjectOf(request.name), first, 'a commit that was read before is gone');
    return repeat(parts, request, placed(stored));
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
  stored: PlacedCommit,
): Promise<ExecuteResult<State>> {
  if (stored.commit.command.digest !== meta.digest) return { kind: 'command-reused' };
  const { state } = await parts.stateAt(definition, name, stored.position);
  return { kind: 'committed', stored, state, repeated: true };
}

interface Decided<State, Event> {
  loaded: AggregateState<State>;
  events: readonly Event[];
  deadlineMs: number;
}

/** Null when another commit came first. */
async function append<State, Command, Event extends DomainEvent>(
  { appender, ...parts }: ExecuteParts,
  request: ExecuteRequest<State, Command, Event>,
  { loaded, events, deadlineMs }: Decided<State, Event>,
): Promise<ExecuteResult<State> | null> {
  const { definition, name, meta } = request;
  const subject = subjectOf(name);
  const result = await appender.append({
    subject,
    commit: commitOf(parts.clock(), meta, loaded, recordedOf(definition, events)),
    expected: loaded.position,
    deadlineMs: Math.max(deadlineMs, 1),
    ...(meta.traceparent === undefined ? {} : { headers: { traceparent: meta.traceparent } }),
  });
  if (result.kind === 'conflict') return null;
  if (result.found) return repeat({ appender, ...parts }, request, placed(result.stored));
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
