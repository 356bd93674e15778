import type { Actor, AggregateName, DomainEvent, Finding, Position, StoredCommit } from '@freehold/kernel';
import type { AggregateDefinition, AggregateState } from './aggregate-definition.js';
import type { PlacedCommit } from './log.port.js';

/**
 * A service's aggregates: loaded by memory, a count and a walk back; changed by one command at a time through
 * the appender. Reads the log only, never a read model, so commands go on without PostgreSQL.
 *
 * Invariants: one command id has one commit; versions have no gaps; before a refusal, an acceptance without events or a
 * wrong version is answered, the leader has confirmed that the state is current.
 * On a crash nothing is lost but the memory: it is folded again from the log.
 */
export interface AggregateStore {
  /** `confirmed`: as the stream's leader has it now. */
  load<State, Command, Event extends DomainEvent>(
    definition: AggregateDefinition<State, Command, Event>,
    name: AggregateName,
    options?: { confirmed?: boolean },
  ): Promise<AggregateState<State>>;

  /**
   * For who follows the log: as this commit of it left the aggregate, or as later ones did. The log is asked only when what is
   * known does not end where this commit goes on.
   */
  loadIncluding<State, Command, Event extends DomainEvent>(
    definition: AggregateDefinition<State, Command, Event>,
    stored: StoredCommit,
  ): Promise<AggregateState<State>>;

  /**
   * As `loadIncluding`, for who reads much of the log in one go and must not stop for it: null instead of asking the log.
   */
  knownIncluding<State, Command, Event extends DomainEvent>(
    definition: AggregateDefinition<State, Command, Event>,
    stored: StoredCommit,
  ): Promise<AggregateState<State> | null>;

  /**
   * Decides and appends. The same command id gives the same answer for as long as the log exists.
   *
   * @throws OutcomeUnknown, Contended, LogUnavailable: 503, the same command may be sent again.
   */
  execute<State, Command, Event extends DomainEvent>(
    request: ExecuteRequest<State, Command, Event>,
  ): Promise<ExecuteResult<State>>;

  /** What `execute` would refuse now, confirmed at the leader; empty: it would accept. Appends nothing. */
  check<State, Command, Event extends DomainEvent>(
    definition: AggregateDefinition<State, Command, Event>,
    name: AggregateName,
    command: Command,
  ): Promise<readonly Finding[]>;

  /** Commits of an aggregate, newest first; `before` a position, usually the last of the page before. */
  history(name: AggregateName, page: { before?: Position; limit: number }): Promise<StoredCommit[]>;

  /** The aggregate as it was at a position of the log. */
  stateAt<State, Command, Event extends DomainEvent>(
    definition: AggregateDefinition<State, Command, Event>,
    name: AggregateName,
    position: Position,
  ): Promise<AggregateState<State>>;
}

export interface ExecuteRequest<State, Command, Event extends DomainEvent> {
  definition: AggregateDefinition<State, Command, Event>;
  name: AggregateName;
  command: Command;
  meta: CommandMeta;
  /** The version that the caller saw (If-Match); 0: there must be none yet. */
  expectedVersion?: number;
}

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
