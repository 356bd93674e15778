import type { BodyOf, Operation, ParamsOf, Position, Principal } from '@freehold/kernel';
import type { CommandMeta } from '@freehold/log';
import { v5 as uuidV5 } from 'uuid';

/** What a handler is given: everything checked, parsed and permitted. */
export interface OperationRequest<Row extends Operation = Operation> {
  row: Row;
  params: ParamsOf<Row>;
  body: BodyOf<Row>;
  /** Of a `public` operation: a principal without any permission. */
  principal: Principal;
  /** Of queries: the request's own id. */
  commandId: string;
  /** Keyed digest of operation, params and body as they were sent; empty for queries. */
  digest: string;
  correlation: string;
  /** Event id `<position>/<index>`. */
  cause: string | null;
  traceparent: string | undefined;
  /** The version that the caller saw. */
  ifMatch: number | null;
  /** Decide only, append nothing; answer with `checked(findings)`. */
  check: boolean;
  /** Of queries: the answer reflects at least this position. */
  after: Position | null;
  /** Of queries: an instant or a position; the state then. */
  at: string | null;
  /** Aborts when whoever asked has stopped waiting. */
  signal: AbortSignal;
  /** An id for what this command makes: the same for the same command and purpose. */
  newId(purpose: string): string;
}

export const ANONYMOUS: Principal = { actor: { kind: 'credential', id: 'anonymous' }, role: 'partner', operator: '_' };

/** What the aggregate store wants to know of a command. */
export const commandMeta = (request: OperationRequest): CommandMeta => ({
  commandId: request.commandId,
  commandName: request.row.id,
  digest: request.digest,
  actor: request.principal.actor,
  cause: request.cause,
  correlation: request.correlation,
  ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
});

/** `meta` and, with If-Match, `expectedVersion`: the rest of what `execute` takes. */
export const commandOptions = (request: OperationRequest): { meta: CommandMeta; expectedVersion?: number } => ({
  meta: commandMeta(request),
  ...(request.ifMatch === null ? {} : { expectedVersion: request.ifMatch }),
});

/** uuid v5 of command id and purpose (RFC 9562). */
export const derivedId = (commandId: string, purpose: string): string => uuidV5(purpose, commandId);
