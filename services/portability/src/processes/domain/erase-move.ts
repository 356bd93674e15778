import { job } from '@freehold/process';
import type { jobEnds } from './await-events.js';

/** Whose state was captured, and under which id. */
interface Captured {
  host: string;
  deployment: string;
  environment: string;
  epoch: number;
  /** A departure or an export. */
  move: string;
}

interface Erasing {
  ends: typeof jobEnds;
  timeoutMs: number;
  /** `keepDigests`: for the next departure; `history`: what earlier providers handed over goes as well. */
  flags?: { [flag: string]: boolean };
}

/** Removes what was captured, if anything was; its first use asks whether the host answers at all. */
export function eraseMove(operator: string, captured: Captured, { ends, timeoutMs, flags = {} }: Erasing) {
  const { host, deployment, environment, epoch, move } = captured;
  return job({
    ...{ host, deployment },
    job: { operator, deployment, environment, epoch, work: { kind: 'erase-move', move, ...flags } },
    until: ({ commandId }) => ends({ job: commandId, operator, deployment, timeoutMs }),
  });
}
