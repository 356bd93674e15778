import { OutcomeUnknown } from '../log.errors.js';
import type { Log } from '../log.port.js';

/**
 * What may go wrong with one append. `lost-answer`: stored, and nobody says so. `lost-request`: never arrived.
 * `overtaken`: another commit comes first. `none`: all is well.
 */
export type Fault = 'none' | 'lost-answer' | 'lost-request' | 'overtaken';

/**
 * A log on which appends fail as told, in their order; when the faults are used up all is well.
 *
 * @param overtake appends another commit to the subject, for the fault `overtaken`.
 */
export function faultyLog(log: Log, faults: Fault[], overtake: (subject: string) => Promise<unknown>): Log {
  const left = [...faults];
  return {
    ...log,
    append: async (subject, commit, expected, options) => {
      const fault = left.shift() ?? 'none';
      const lost = new OutcomeUnknown(subject, commit.command.id, { cause: new Error(fault) });
      if (fault === 'lost-request') throw lost;
      if (fault === 'overtaken') await overtake(subject);
      const outcome = await log.append(subject, commit, expected, options);
      if (fault === 'lost-answer') throw lost;
      return outcome;
    },
  };
}
