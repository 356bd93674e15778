import type {
  AggregateName,
  BodyOf,
  EventCatalogue,
  Finding,
  Id,
  Operation,
  ParamsOf,
  Position,
  RecordedEvent,
  ReplyOf,
} from '@freehold/kernel';
import type { z } from 'zod';

export type Json = z.infer<ReturnType<typeof z.json>>;

/** What an agent is to do, without its id. */
export type JobBody = Readonly<Record<string, Json>>;

/** What a step yields: a command to an aggregate of any context, or a job for an agent. Never an effect of its own. */
export type Effect<Output = unknown> = CommandEffect<Output> | JobEffect<Output>;

/** What a step may say: an effect, or that there is none this time. */
export type StepEffect = Effect | SkipEffect;

/** What a step's output is, by what it may say. */
export type OutputOf<Said> = Said extends SkipEffect ? Skipped : Said extends Effect<infer Output> ? Output : never;

/** Nothing is sent; the step succeeds at once, and why is its recorded output. Its undo skips too. */
export interface SkipEffect {
  kind: 'skip';
  why: string;
}

/** The output of a step that was skipped. */
export interface Skipped {
  [key: string]: Json;
  skipped: string;
}

/**
 * Nothing to do in this step, by what is recorded already.
 *
 * @example
 * run: ({ input }) => (input.name === null ? skip('it has no name') : command({ … })),
 */
export const skip = (why: string): SkipEffect => ({ kind: 'skip', why });

interface Sendable<Output> {
  /** Null: the answer is the outcome. Otherwise it is what `Await` says. A function of what is recorded. */
  until: ((answer: Answer<Json>) => Await<Output>) | null;
  /** How long silence, 503 and unknown outcomes are borne before the attempt fails as unknown. */
  timeoutMs: number;
  /** Never set: carries the type of the step's output. */
  readonly _output?: Output;
}

export interface CommandEffect<Output = unknown> extends Sendable<Output> {
  kind: 'command';
  operation: Operation;
  params: unknown;
  body: unknown;
}

/** The job's id is the attempt's command id, which whoever sends it adds; the agent answers a repeat from its journal. */
export interface JobEffect<Output = unknown> extends Sendable<Output> {
  kind: 'job';
  host: string;
  deployment: Id;
  job: JobBody;
  until: (answer: Answer<Json>) => Await<Output>;
}

/** What is known when waiting begins. A job's `reply` is null. */
export interface Answer<Reply> {
  reply: Reply;
  commandId: Id;
}

/**
 * What ends an attempt whose command was accepted or whose job was published: an event of one of these aggregates.
 *
 * After a crash the aggregates' histories are walked, newest commit first, back to their beginning, so `matches` must
 * tell events of this attempt from older ones by what they carry: a generation, a job's id.
 */
export interface Await<Output = unknown> {
  interestedIn: readonly AwaitedAggregate[];
  /** @param event in its current version: what this program does not know parks the process. */
  matches(event: RecordedEvent, seen: Seen): Verdict<Output> | undefined;
  timeoutMs: number;
}

/** An aggregate, and how its events are read. */
export interface AwaitedAggregate extends AggregateName {
  catalogue: EventCatalogue;
}

/**
 * @example
 * interestedIn: [oneOf(environmentCatalogue, { operator, id: environment })]
 */
export const oneOf = (catalogue: EventCatalogue, name: Pick<AggregateName, 'operator' | 'id'>): AwaitedAggregate => ({
  context: catalogue.context,
  aggregate: catalogue.aggregate,
  operator: name.operator,
  id: name.id,
  catalogue,
});

export interface Seen {
  position: Position;
  name: AggregateName;
}

export type Verdict<Output = unknown> =
  { kind: 'succeeded'; output: Output } | { kind: 'failed'; findings: readonly Finding[] };

/** Default of `timeoutMs` for what is sent. */
export const SEND_TIMEOUT_MS = 60_000;

interface CommandRequest<O extends Operation> {
  operation: O;
  params: ParamsOf<O>;
  body: BodyOf<O>;
  /** Default 60 s. */
  timeoutMs?: number;
}

/** A command after whose acceptance something is awaited, which gives the step's output. */
export function command<O extends Operation, Output extends Json>(
  request: CommandRequest<O> & { until: (answer: Answer<ReplyOf<O>>) => Await<Output> },
): CommandEffect<Output>;
/** A command whose answer is the step's output. */
export function command<O extends Operation>(request: CommandRequest<O>): CommandEffect<ReplyOf<O>>;
export function command<O extends Operation, Output>(
  request: CommandRequest<O> & { until?: (answer: Answer<ReplyOf<O>>) => Await<Output> },
): CommandEffect<Output> {
  const { operation, params, body, until, timeoutMs = SEND_TIMEOUT_MS } = request;
  return {
    kind: 'command',
    operation,
    params,
    body,
    timeoutMs,
    until:
      until === undefined
        ? null
        : ({ reply, commandId }) => until({ commandId, reply: operation.reply.parse(reply) as ReplyOf<O> }),
  };
}

/** A job for the agent of `host`; its result is awaited, for the queue answers nothing but that it has it. */
export function job<Output extends Json>(request: {
  host: string;
  deployment: Id;
  job: JobBody;
  until: (answer: Answer<null>) => Await<Output>;
  timeoutMs?: number;
}): JobEffect<Output> {
  const { host, deployment, until, timeoutMs = SEND_TIMEOUT_MS } = request;
  return {
    kind: 'job',
    host,
    deployment,
    job: request.job,
    timeoutMs,
    until: ({ commandId }) => until({ commandId, reply: null }),
  };
}
