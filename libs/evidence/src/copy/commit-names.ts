import { parsePosition, type Position, positionOf } from '@freehold/kernel';

/** A leaf whose commit is known to be right, so that its position is. */
export interface Anchor {
  leaf: number;
  position: Position;
}

/**
 * The position of a leaf of which only its right neighbours are known. A volume's sequences have no gaps and the next one
 * begins with 1, so this is exact unless whole volumes are missing between the two.
 */
export function positionAt(leaf: number, before: Anchor | null, after: Anchor | null): Position {
  const back = after === null ? null : stepped(after, leaf);
  return back ?? stepped(before ?? { leaf: -1, position: '1:0' }, leaf) ?? '1:1';
}

/** Null for what is in an earlier volume. */
function stepped({ leaf: from, position }: Anchor, leaf: number): Position | null {
  const { volume, sequence } = parsePosition(position);
  const own = sequence + leaf - from;
  return own >= 1 ? positionOf({ volume, sequence: own }) : null;
}
