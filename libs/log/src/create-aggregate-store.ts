import type { AggregateName, DomainEvent } from '@freehold/kernel';
import { LRUCache } from 'lru-cache';
import { type AggregateState, blank, foldCommits, type ReadableAggregate } from './aggregate-definition.js';
import type { AggregateStore } from './aggregate-store.js';
import { commitsSince, historyOf, lastAt } from './aggregate-walk.js';
import type { Appender } from './appender.js';
import { executeCommand } from './execute.js';
import type { Log } from './log.port.js';
import { subjectOf } from './subject.js';

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
