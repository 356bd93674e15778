import { describe, expect, it } from '@jest/globals';
import { logPathOf } from './log-path.js';

describe('paths of the log', () => {
  it('are those of tiles and of bundles of entries', () => {
    expect(logPathOf('tile/0/x001/234.p/7')).toEqual({ kind: 'tile', path: 'tile/0/x001/234.p/7', full: false });
    expect(logPathOf('tile/2/000')).toEqual({ kind: 'tile', path: 'tile/2/000', full: true });
    expect(logPathOf('tile/entries/x001/234.p/7')).toEqual({ kind: 'entries', first: 1234 * 256, count: 7 });
    expect(logPathOf('tile/entries/000')).toEqual({ kind: 'entries', first: 0, count: 256 });
  });

  it.each([
    'tile/entries/',
    'tile/entries/1',
    'tile/entries/000.p/256',
    'tile/entries/000.p/0',
    'tile/entries/0/000',
    'tile/entries/../000',
    'tile/entries/x999/x999/x999/x999/x999/999',
    'tile/64/000',
    'tile/0/%30%30%30',
    'checkpoint/',
    '',
  ])('are nothing else: %s', (path) => {
    expect(logPathOf(path)).toBeNull();
  });
});
