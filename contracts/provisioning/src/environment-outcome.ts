import type { Finding } from '@freehold/kernel';
import type { z } from 'zod';
import { environmentFailed, environmentObserved } from './events/environment.events.js';

type Observed = z.infer<typeof environmentObserved.data>;
export type EnvironmentOutcome =
  | { kind: 'succeeded'; output: { generation: number; identity: Observed['identity'] } }
  | { kind: 'failed'; findings: Finding[] };

/**
 * What an event of an environment says to whoever waits for a generation: the agent has made it (or a later one) true, or
 * has given this very one up. Undefined: neither.
 */
export function environmentOutcome(
  wanted: number,
  { type, data }: { type: string; data: unknown },
): EnvironmentOutcome | undefined {
  if (type === environmentObserved.type) {
    const { generation, identity } = environmentObserved.data.parse(data);
    return generation >= wanted ? { kind: 'succeeded', output: { generation, identity } } : undefined;
  }
  if (type !== environmentFailed.type) return undefined;
  const { generation, findings } = environmentFailed.data.parse(data);
  return generation === wanted ? { kind: 'failed', findings } : undefined;
}
