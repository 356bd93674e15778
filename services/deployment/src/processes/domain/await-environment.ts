import type { ReplyOf } from '@freehold/kernel';
import { type Answer, type Await, type Json, oneOf } from '@freehold/process';
import { type desireEnvironment, environmentCatalogue, environmentOutcome } from '@freehold/provisioning-contract';

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
  interestedIn: [oneOf(environmentCatalogue, { operator: wanted.operator, id: wanted.environment })],
  timeoutMs: wanted.timeoutMs,
  matches: (event) => environmentOutcome(wanted.generation, event),
});
