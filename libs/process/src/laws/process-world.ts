import type { AggregateName, Finding, Id, OperatorToken, RecordedEvent } from '@freehold/kernel';
import type { Effect, Json } from '../effect.js';

/**
 * Everything that a process talks to, in memory: the aggregates that decide its commands and the agents that do its
 * jobs, as far as the process can tell. Deterministic, and honest about idempotency, marks and refusals: the laws
 * judge the process and this world together.
 */
export interface ProcessWorld {
  /** Decides a command, or does a job. The same command id again must give the same answer and no second effect. */
  apply(effect: Effect, commandId: Id): WorldOutcome;
  /** Everything that exists now, one line a thing (`place of <deployment>`); marks left by undos are not things. */
  exists(): readonly string[];
}

export type WorldOutcome =
  | {
      kind: 'succeeded';
      reply: Json;
      /** What others recorded because of it, for steps that wait. */
      happened?: readonly WorldEvent[];
    }
  | { kind: 'refused'; findings: readonly Finding[] };

export interface WorldEvent {
  name: AggregateName;
  event: RecordedEvent;
}

export interface LawOptions {
  input: Json;
  /** A new world, each time the same. */
  world: () => ProcessWorld;
  /** Default: some operator. */
  operator?: OperatorToken;
}
