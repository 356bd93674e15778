import type { AggregateState } from './aggregate-definition.js';

/** Whose state: a subject, and the version of what folds it (`stateVersion` of the definition). */
export interface StateKey {
  subject: string;
  stateVersion: number;
}

/**
 * Where aggregates' folded states are kept beside the log, so that a load need not fold them again. A memory: states may be
 * missing, old, or of another log, and nothing depends on them but time. Whoever takes one compares it with the log.
 *
 * On a crash the newest ones are lost; the next load folds what is missing.
 */
export interface FoldedStates {
  /** Never fails and never waits long: null when there is none, or none to be had now. */
  find(key: StateKey): Promise<AggregateState<unknown> | null>;
  /** Later, if at all. The state given is never changed. */
  keep(key: StateKey, folded: AggregateState<unknown>): void;
}

export const noFoldedStates: FoldedStates = { find: async () => null, keep: () => undefined };
