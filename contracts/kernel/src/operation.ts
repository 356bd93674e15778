import { z } from 'zod';
import { Finding } from './finding.js';
import { CELL, Id, Instant, Position } from './ids.js';
import type { Permission } from './permission.js';
import type { ContextName } from './subject.js';

/** Contexts that answer operations: the five, and the audit. */
export type OperationContext = ContextName | 'audit';

/**
 * One row of the operations table. Routes, validation, permission check, NATS subject, command line, and the tests
 * that every operation must have, come from it; there is no second list.
 *
 * - `scope` `operator`: params carry `operator`; a foreign one is 404. `cell`: the provider's own things.
 *   `host`: agents only. `public`: no credential. `peer`: another provider, known by the signature of its request; params
 *   carry no operator, and whose the thing is follows from the grant.
 * - `http` is absent for what only processes and agents call, over NATS.
 * - `checkable`: `op.<context>.<operation>.check` runs the same decision and appends nothing.
 * - `longWork`: answers 202 with `Location` of the process.
 * - `patienceS`: for how many seconds more than others it may take, since another provider is asked meanwhile.
 * - `maxAgeS`: of a public query: for how many seconds anybody may keep the answer; without it nobody may.
 */
export interface Operation<
  Params extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> {
  id: `${OperationContext}.${string}`;
  kind: 'command' | 'query';
  http?: { method: 'GET' | 'POST' | 'PUT' | 'DELETE'; path: `/v1/${string}` | '/.well-known/freehold' };
  summary: string;
  permission: Permission | null;
  scope: 'public' | 'operator' | 'cell' | 'host' | 'peer';
  params: Params;
  /** Of queries: the query string; of commands: the JSON body. */
  body: Body;
  reply: Reply;
  /** Codes of the findings that this operation may answer, besides those of its schema. */
  refusals: readonly string[];
  checkable?: boolean;
  longWork?: boolean;
  patienceS?: number;
  maxAgeS?: number;
  since: string;
}

export const operation = <P extends z.ZodType, B extends z.ZodType, R extends z.ZodType>(
  row: Operation<P, B, R>,
): Operation<P, B, R> => row;

export type ParamsOf<O> = O extends Operation<infer P, z.ZodType, z.ZodType> ? z.infer<P> : never;
export type BodyOf<O> = O extends Operation<z.ZodType, infer B, z.ZodType> ? z.infer<B> : never;
export type ReplyOf<O> = O extends Operation<z.ZodType, z.ZodType, infer R> ? z.infer<R> : never;

/** The NATS subject of an operation, or of its check. */
export const operationSubject = (row: Operation, check = false): string => `op.${row.id}${check ? '.check' : ''}`;

/** Every row among the exports of contracts, those of resources included: the operations table. */
export const operationsOf = (...contracts: readonly object[]): Operation[] => {
  const found = new Map<string, Operation>();
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null) return;
    if (isOperation(value)) found.set(value.id, value);
    else if (depth > 0) for (const member of Object.values(value)) visit(member, depth - 1);
  };
  for (const contract of contracts) visit(contract, 2);
  return [...found.values()];
};

const isOperation = (value: object): value is Operation =>
  'id' in value && 'kind' in value && 'permission' in value && 'scope' in value && 'reply' in value;

export const contextOf = (row: Operation): string => row.id.slice(0, row.id.indexOf('.'));

/** What every query takes: `after` waits for the projection, `at` asks for the state at an instant or position. */
export const Moment = z.object({
  after: Position.optional(),
  at: z.union([Instant, Position]).optional(),
});

export const Page = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().optional(),
});

/** Lists: `items` in a stable order; `next` is the cursor of the page that follows, or null. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable(), position: z.string() });

/** One line of a history, newest first. Personal data are opened for who may see them, or shown as `erased`. */
export const HistoryEntry = z.object({
  position: Position,
  version: z.number(),
  time: Instant,
  actor: z.object({ kind: z.string(), id: z.string() }),
  command: z.object({ id: Id, name: z.string() }),
  cause: z.string().nullable(),
  correlation: Id,
  events: z.array(z.object({ type: z.string(), data: z.record(z.string(), z.json()) })),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/**
 * A representation keeps what can be replayed apart from what was just seen.
 * `etag` is the aggregate's version; `position` the commit that it reflects.
 */
export const representationOf = <Recorded extends z.ZodType, Observed extends z.ZodType>(
  recorded: Recorded,
  observed: Observed,
) => z.object({ recorded, observed: observed.nullable(), etag: z.number(), position: Position });

export const Json = z.json();
export type Json = z.infer<typeof Json>;

/** RFC 6902, of the operations that a difference needs; paths are JSON Pointers (RFC 6901). */
export const JsonPatch = z.array(
  z.discriminatedUnion('op', [
    z.object({ op: z.literal('add'), path: z.string(), value: Json }),
    z.object({ op: z.literal('replace'), path: z.string(), value: Json }),
    z.object({ op: z.literal('remove'), path: z.string() }),
  ]),
);
export type JsonPatch = z.infer<typeof JsonPatch>;

/** Two moments of a difference; without `to`, the log's end. `before` goes on with older commits in between. */
export const Moments = z.object({
  from: z.union([Instant, Position]),
  to: z.union([Instant, Position]).optional(),
  before: Position.optional(),
  limit: Page.shape.limit,
});
export type Moments = z.infer<typeof Moments>;

/**
 * What was recorded at `from`, what at `to` (null: there was none then), and the patch that makes the one of the other,
 * applied to `was.recorded` and, where there was none, to null. `commits` are those after `from` and up to `to`, newest first.
 */
export const differenceOf = <Recorded extends z.ZodType>(recorded: Recorded) => {
  const shown = z.object({ recorded, etag: z.number(), position: Position });
  return z.object({
    from: Position,
    to: Position,
    was: shown.nullable(),
    is: shown.nullable(),
    patch: JsonPatch,
    commits: z.array(HistoryEntry),
    next: Position.nullable(),
  });
};

/** What a change answers: where it stands in the log. */
export const Changed = z.object({ id: z.string(), position: Position.nullable(), version: z.number() });
export type Changed = z.infer<typeof Changed>;

/** RFC 9457 `application/problem+json` as every error is answered. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string().optional(),
  /** What to do about it. */
  hint: z.string().optional(),
  errors: z.array(Finding),
  correlationId: z.string(),
});
export type Problem = z.infer<typeof Problem>;

export const OperatorParams = z.object({ operator: Id });
export const CellParams = z.object({});
export { CELL };

/** What crosses NATS in answer to a request: one of three ways, never an exception. */
export const OperationReply = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('done'),
    reply: z.json(),
    position: Position.nullable(),
    etag: z.number().nullable(),
    location: z.string().nullable(),
  }),
  z.object({
    kind: z.literal('refused'),
    reason: z.enum(['not-found', 'forbidden', 'unauthorized', 'invalid', 'precondition', 'conflict']),
    findings: z.array(Finding),
  }),
  z.object({
    kind: z.literal('failed'),
    reason: z.enum(['unavailable', 'outcome-unknown', 'internal']),
    detail: z.string(),
  }),
]);
export type OperationReply = z.infer<typeof OperationReply>;
