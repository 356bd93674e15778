import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseTilePath, partialTiles, tileAt, tilePath } from './tile.js';

describe('tiles', () => {
  it('have the paths of c2sp.org/tlog-tiles', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 2, index: 0, width: 1 })).toBe('tile/2/000.p/1');
    expect(tilePath({ level: 0, index: 1000, width: 255 })).toBe('tile/0/x001/000.p/255');
  });

  it('are found again by their path', () => {
    const tiles = fc.record({
      level: fc.nat({ max: 63 }),
      index: fc.oneof(fc.nat({ max: 2000 }), fc.maxSafeNat()),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(fc.property(tiles, (tile) => expect(parseTilePath(tilePath(tile))).toEqual(tile)));
  });

  it.each([
    'tile/0/0',
    'tile/00/000',
    'tile/64/000',
    'tile/0/001/000',
    'tile/0/x000/001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/../000',
    'tile/0/000/',
    '/tile/0/000',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/entries/000',
  ])('have no path %s', (path) => {
    expect(parseTilePath(path)).toBeNull();
  });

  it('of a tree of 70,000 end as the specification’s example says', () => {
    expect(partialTiles(70_000)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
    expect(partialTiles(256)).toEqual([{ level: 1, index: 0, width: 1 }]);
    expect(tileAt(0, 69_999, 70_000)).toEqual({ level: 0, index: 273, width: 112 });
    expect(tileAt(1, 255, 70_000)).toEqual({ level: 1, index: 0, width: 256 });
  });
});
