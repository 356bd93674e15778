/**
 * What becomes of the name of what has left. Who leads it to the target is its home, the provider in whose zone it is:
 *
 *     home is this provider   delegated here
 *     home is the target      it came home: the target leads it; given up here
 *     home is a third one     told by the courier, then given up here
 */
import type { DepartureErrand } from '@freehold/portability-contract';
import { job, skip } from '@freehold/process';
import { homeAnswers } from './await-events.js';
import { COURIER } from './courier-host.js';

const PATIENCE_MS = 30 * 24 * 3_600_000;

interface Leaving {
  names: readonly { id: string }[];
  home: string | null;
  to: { provider: string };
}

const NAMELESS = 'it has no name';

/** The id of the name if this one has to lead it to the target, else why not. */
export function nameLedBy(who: 'us' | 'home', { names: [name], home, to }: Leaving) {
  if (name === undefined) return skip(NAMELESS);
  if (who === 'us') return home === null ? name.id : skip('the name is in the zone of another provider');
  if (home === null) return skip('the name is in our zone');
  return home === to.provider ? skip('the name came home') : name.id;
}

/** The id of the name if it is another provider's, else why there is none to give up. */
export function nameOfAnother({ names: [name], home }: Leaving) {
  if (name === undefined) return skip(NAMELESS);
  return home === null ? skip('the name stays ours, and leads to the target') : name.id;
}

/** Asks the home of the name to lead it to the target. */
export function redirectJob(asked: { operator: string; name: string; input: Leaving & { departure: string } }) {
  const { operator, name, input } = asked;
  const { departure, home } = input;
  const errand: Omit<DepartureErrand, 'id'> = {
    ...{ operator, departure },
    task: { kind: 'redirect', home: home ?? '', name },
  };
  return job({
    ...{ host: COURIER, deployment: departure, job: errand },
    until: ({ commandId }) => homeAnswers({ job: commandId, operator, departure, timeoutMs: PATIENCE_MS }),
  });
}
