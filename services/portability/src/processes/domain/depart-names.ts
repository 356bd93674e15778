/**
 * What becomes of the names of what has left. Who leads a name to the target is its home, the provider in whose zone it is:
 *
 *     home is this provider   delegated here
 *     home is the target      it came home: the target leads it; given up here
 *     home is a third one     told by the courier, then given up here
 */
import type { DepartureErrand } from '@freehold/portability-contract';
import { command, job, skip } from '@freehold/process';
import { delegateNames, giveUpNames, type WayToProvider } from '@freehold/provisioning-contract';
import { z } from 'zod';
import { homesAnswer } from './await-events.js';
import { COURIER } from './courier-host.js';

const PATIENCE_MS = 30 * 24 * 3_600_000;

/** `home`: the provider in whose zone the name is; null: ours. */
export const LeavingName = z.object({ id: z.string(), home: z.string().nullable() });
type LeavingName = z.infer<typeof LeavingName>;

interface Leaving {
  operator: string;
  input: { departure: string; deployment: string; names: readonly LeavingName[]; to: { provider: string } };
}

const isOurs = ({ home }: LeavingName): boolean => home === null;
const idsOf = (names: readonly LeavingName[]) => names.map(({ id }) => id);
const NONE_OURS = 'none of its names is in our zone';
const NONE_FOREIGN = 'it has no name in the zone of another provider';
const NONE_ELSEWHERE = 'it has no name in the zone of a third provider';

/** Those of our zone stay taken here, and lead to the target. */
export function delegateOurs({ operator, input: { deployment, names } }: Leaving, way: WayToProvider) {
  const ours = idsOf(names.filter(isOurs));
  if (ours.length === 0) return skip(NONE_OURS);
  const body = { deployment, names: ours, ...way };
  return command({ operation: delegateNames, params: { operator }, body, timeoutMs: PATIENCE_MS });
}

/** Asks the homes of the names to lead them to the target; the target itself needs not be asked. */
export function redirectElsewhere({ operator, input: { departure, names, to } }: Leaving) {
  const elsewhere = names.flatMap(({ id, home }) =>
    home === null || home === to.provider ? [] : [{ name: id, home }],
  );
  if (elsewhere.length === 0) return skip(NONE_ELSEWHERE);
  const errand: Omit<DepartureErrand, 'id'> = { operator, departure, task: { kind: 'redirect', names: elsewhere } };
  return job({
    ...{ host: COURIER, deployment: departure, job: errand },
    until: ({ commandId }) => homesAnswer({ job: commandId, operator, departure, timeoutMs: PATIENCE_MS }),
  });
}

/** Those of others are not held here any more. */
export function giveUpForeign({ operator, input: { deployment, names } }: Leaving) {
  const foreign = idsOf(names.filter((name) => !isOurs(name)));
  if (foreign.length === 0) return skip(NONE_FOREIGN);
  const body = { deployment, names: foreign };
  return command({ operation: giveUpNames, params: { operator }, body, timeoutMs: PATIENCE_MS });
}
