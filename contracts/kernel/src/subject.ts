import { CELL, type OperatorToken } from './ids.js';

/**
 * The name of an aggregate in the log: `log.<partition>.<context>.<operator>.<aggregate>.<id>`.
 * The partition follows from the operator, or from the id for what belongs to the cell, and is computed by `@freehold/log`.
 */
export interface AggregateName {
  context: ContextName;
  operator: OperatorToken;
  /** Kebab-case noun: `deployment`, `order-deployment`, `name`. */
  aggregate: string;
  /** A lower-case UUID, or for names the base32 digest (design/log.md). */
  id: string;
}

export const CONTEXTS = ['accounts', 'catalog', 'provisioning', 'deployment', 'portability'] as const;
export type ContextName = (typeof CONTEXTS)[number];

/** What decides the partition: the operator, or the id for what belongs to the cell. */
export const partitionToken = (name: AggregateName): string => (name.operator === CELL ? name.id : name.operator);
