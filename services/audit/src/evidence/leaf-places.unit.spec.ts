import { describe, expect, it } from '@jest/globals';
import type { Position } from '@freehold/kernel';
import { LeafPlaces } from './leaf-places.js';

/** Two volumes, 1 with three commits and 3 with two; volume 2 ended before it began. */
function twoVolumes(): LeafPlaces {
  const places = new LeafPlaces();
  for (const [leaf, position] of (['1:1', '1:2', '1:3', '3:1', '3:2'] as const).entries()) {
    expect(places.follows(position, leaf)).toBe(true);
  }
  return places;
}

describe('the places of leaves', () => {
  it('are those of the commits in order, over volumes', () => {
    const places = twoVolumes();
    const positions: Position[] = ['1:1', '1:2', '1:3', '3:1', '3:2'];
    expect(places.firsts).toEqual([0, 3, 3]);
    expect(positions.map((position) => places.leafOf(position, 5))).toEqual([0, 1, 2, 3, 4]);
    expect(positions.map((_, leaf) => places.positionOf(leaf))).toEqual(positions);
    expect(new LeafPlaces(places.firsts).leafOf('3:2', 5)).toBe(4);
  });

  it('are none for what the tree does not have', () => {
    const places = twoVolumes();
    for (const position of ['1:0', '1:4', '2:1', '3:3', '4:1'] as const) expect(places.leafOf(position, 5)).toBeNull();
    expect(places.leafOf('3:2', 4)).toBeNull();
    expect(places.positionOf(-1)).toBe('1:0');
    expect(new LeafPlaces().leafOf('1:1', 0)).toBeNull();
  });

  it('have no gaps, and go nowhere but on', () => {
    const places = twoVolumes();
    for (const position of ['3:2', '3:4', '1:4', '4:2', '2:1'] as const)
      expect(places.follows(position, 5)).toBe(false);
    expect(places.follows('3:3', 5)).toBe(true);
    expect(new LeafPlaces().follows('1:2', 0)).toBe(false);
  });
});
