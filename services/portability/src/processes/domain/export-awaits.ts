import { retired } from '@freehold/deployment-contract';
import type { Await, Json } from '@freehold/process';
import { environmentFailed, environmentObserved } from '@freehold/provisioning-contract';
import { environmentReaches, jobEnds } from './await-events.js';

/**
 * As of any job of an agent; a deployment that has been retired meanwhile does not hear of jobs any more: then what was
 * asked of its host counts as done.
 */
export function exportJobEnds(wanted: Parameters<typeof jobEnds>[0]): Await<Json> {
  const ends = jobEnds(wanted);
  return {
    ...ends,
    matches: (event, seen) =>
      event.type === retired.type ? { kind: 'succeeded', output: null } : ends.matches(event, seen),
  };
}

/** What does not run holds nothing in memory: that it could not be asked is no reason to withhold the copy. */
export function unlessDown(asked: Await<Json>): Await<Json> {
  return {
    ...asked,
    matches: (event, seen) => {
      const verdict = asked.matches(event, seen);
      const isDown =
        verdict?.kind === 'failed' && verdict.findings.some(({ code }) => code === 'environment-not-running');
      return isDown ? { kind: 'succeeded', output: { isDown: true } } : verdict;
    },
  };
}

/**
 * Ends when the agent has made this generation true or has given it up: an application that does not come up again, as
 * it may not have before, is no reason to withhold the copy.
 */
export function environmentTries(
  wanted: Parameters<typeof environmentReaches>[0],
): Await<{ generation: number; isUp: boolean }> {
  const { interestedIn, timeoutMs } = environmentReaches(wanted);
  return {
    ...{ interestedIn, timeoutMs },
    matches: ({ type, data }) => {
      if (type !== environmentObserved.type && type !== environmentFailed.type) return undefined;
      const { generation } = (type === environmentObserved.type ? environmentObserved : environmentFailed).data.parse(
        data,
      );
      if (generation < wanted.generation) return undefined;
      return { kind: 'succeeded', output: { generation, isUp: type === environmentObserved.type } };
    },
  };
}
