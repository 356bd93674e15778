import { blank, foldCommits } from './aggregate-definition.js';
import { aggregateLoader } from './aggregate-load.js';
import type { AggregateStore } from './aggregate-store.js';
import { commitsSince, historyOf, lastAt } from './aggregate-walk.js';
import type { Appender } from './appender.js';
import { executeCommand } from './execute.js';
import type { FoldedStates } from './folded-states.js';
import type { Log } from './log.port.js';

export interface AggregateStoreOptions {
  log: Log;
  appender: Appender;
  /** The time that commits carry in `at`. */
  clock: () => Date;
  /** How long `execute` tries. Default 10 s. */
  deadlineMs?: number;
  /** Aggregates kept in memory. Default 1,000. */
  cacheSize?: number;
  /** Where folded states are kept beside the log. Default: nowhere. */
  states?: FoldedStates;
}

export function createAggregateStore(options: AggregateStoreOptions): AggregateStore {
  const { log, appender, clock, deadlineMs = 10_000 } = options;
  const { load, loadIncluding, knownIncluding, remember } = aggregateLoader(options);

  const stateAt: AggregateStore['stateAt'] = async (definition, name, position) => {
    const last = await lastAt(log, name, position);
    return last === null
      ? blank(definition)
      : foldCommits(definition, blank(definition), await commitsSince(log, last, null));
  };

  return {
    load,
    loadIncluding,
    knownIncluding,
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
