import type { AggregateName, DomainEvent, Finding, Position, StoredCommit } from '@freehold/kernel';
import { LRUCache } from 'lru-cache';
import {
  type AggregateDefinition,
  type AggregateState,
  blank,
  foldCommits,
  type ReadableAggregate,
} from './aggregate-definition.js';
import { commitsSince, historyOf, lastAt } from './aggregate-walk.js';
import type { Appender } from './appender.js';
import { type CommandMeta, executeCommand, type ExecuteResult } from './execute.js';
import type { Log } from './log.port.js';
import { subjectOf } from './subject.js';

/**
 * A service's aggregates: loaded by memory, one direct get and a walk back; changed by one command at a time through
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

export interface AggregateStoreOptions {
  log: Log;
  appender: Appender;
  /** The time that commits carry in `at`. */
  clock: () => Date;
  /** How long `execute` tries. Default 10 s. */
  deadlineMs?: number;
  /** Aggregates kept in memory. Default 1,000. */
  cacheSize?: number;
}

interface Cached {
  definition: object;
  loaded: AggregateState<unknown>;
}

export function createAggregateStore(options: AggregateStoreOptions): AggregateStore {
  const { log, appender, clock, deadlineMs = 10_000, cacheSize = 1_000 } = options;
  const cache = new LRUCache<string, Cached>({ max: cacheSize });

  const load = async <State, Event extends DomainEvent>(
    definition: ReadableAggregate<State, Event>,
    name: AggregateName,
    { confirmed = false }: { confirmed?: boolean } = {},
  ): Promise<AggregateState<State>> => {
    const subject = subjectOf(name);
    const cached = cache.get(subject);
    // The entry was made by this very definition, so its state is of this type.
    const known = cached?.definition === definition ? (cached.loaded as AggregateState<State>) : blank(definition);
    const last = await log.last(subject, { confirmed });
    // A lagging replica may answer less than what is known.
    if (last === null || last.commit.version <= known.version) return known;
    const loaded = foldCommits(definition, known, await commitsSince(log, last, known.position));
    remember(definition, subject, loaded);
    return loaded;
  };

  const remember = <State>(definition: object, subject: string, loaded: AggregateState<State>): void => {
    const cached = cache.get(subject);
    if (cached?.definition === definition && cached.loaded.version >= loaded.version) return;
    cache.set(subject, { definition, loaded });
  };

  const stateAt: AggregateStore['stateAt'] = async (definition, name, position) => {
    const last = await lastAt(log, name, position);
    return last === null
      ? blank(definition)
      : foldCommits(definition, blank(definition), await commitsSince(log, last, null));
  };

  return {
    load,
    stateAt,
    execute: (request) => executeCommand({ log, appender, clock, deadlineMs, load, stateAt, remember }, request),
    check: async (definition, name, command) => {
      const { state } = await load(definition, name, { confirmed: true });
      const decision = definition.decide(command, state);
      return decision.kind === 'refused' ? decision.findings : [];
    },
    history: (name, page) => historyOf(log, name, page),
  };
}
