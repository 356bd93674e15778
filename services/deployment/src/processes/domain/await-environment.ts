import type { ReplyOf } from '@freehold/kernel';
import type { Answer, Await, Json } from '@freehold/process';
import { type desireEnvironment, environmentOutcome } from '@freehold/provisioning-contract';

export interface Reached {
  [key: string]: Json;
  generation: number;
  identity: Json;
}

/** What is known once the desired state was accepted. */
export type Desired = Answer<ReplyOf<typeof desireEnvironment>>;

/** Ends when the agent has made this generation (or a later one) true, or has given this one up. */
export const environmentReaches = (wanted: {
  operator: string;
  environment: string;
  generation: number;
  timeoutMs: number;
}): Await<Reached> => ({
  interestedIn: [
    { context: 'provisioning', operator: wanted.operator, aggregate: 'environment', id: wanted.environment },
  ],
  timeoutMs: wanted.timeoutMs,
  matches: (event) => environmentOutcome(wanted.generation, event),
});
