import { comparePositions, type Moments, Position } from '@freehold/kernel';
import { nanosecondsOf } from '@freehold/projection';

/**
 * Whether a commit, of those that are shown in the order of the log, belongs to what a moment is: the longest prefix whose
 * stream time, as a running maximum, is not after the instant; or everything up to the position. Once one does not, none
 * does any more, also when stream time steps back.
 */
export function untilMoment(moment: Moments['from']): (commit: { position: Position; time: string }) => boolean {
  const position = Position.safeParse(moment).data;
  const latest = position === undefined ? nanosecondsOf(moment) : 0n;
  let isPast = false;
  return (commit) => {
    isPast ||= position === undefined ? BigInt(commit.time) > latest : comparePositions(commit.position, position) > 0;
    return !isPast;
  };
}
