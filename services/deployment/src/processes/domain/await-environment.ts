import type { ReplyOf } from '@freehold/kernel';
import type { Answer, Await, Json } from '@freehold/process';
import { type desireEnvironment, environmentFailed, environmentObserved } from '@freehold/provisioning-contract';

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
  matches: ({ type, data }) => {
    if (type === environmentObserved.type) {
      const { generation, identity } = environmentObserved.data.parse(data);
      return generation >= wanted.generation ? { kind: 'succeeded', output: { generation, identity } } : undefined;
    }
    if (type === environmentFailed.type) {
      const { generation, findings } = environmentFailed.data.parse(data);
      return generation === wanted.generation ? { kind: 'failed', findings } : undefined;
    }
    return undefined;
  },
});
