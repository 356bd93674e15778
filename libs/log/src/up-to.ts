import { comparePositions, type Position } from '@freehold/kernel';

/** Of commits in their order those up to and including `to`. */
export function upTo<Commit extends { position: Position }>(
  commits: readonly Commit[],
  to: Position,
): readonly Commit[] {
  const last = commits.at(-1);
  if (last === undefined || comparePositions(last.position, to) <= 0) return commits;
  return commits.filter(({ position }) => comparePositions(position, to) <= 0);
}
