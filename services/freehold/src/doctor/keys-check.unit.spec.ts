import { describe, expect, it } from '@jest/globals';
import { signingKeysCheck } from './keys-check.js';

const NOW = Date.parse('2026-11-22T12:00:00.000Z');
const at = (ms: number): string => new Date(NOW + ms).toISOString();
const DAY_MS = 86_400_000;

describe('what doctor says of keys', () => {
  it.each([
    ['as they were made', [{ key: 'a', from: at(-3 * DAY_MS) }], 'ok', 'made 3 d ago'],
    ['of an installation from before', [{ key: 'a' }], 'ok', 'as old as the installation'],
    ['after two years', [{ key: 'a', from: at(-731 * DAY_MS) }], 'notice', 'made 731 d ago'],
    [
      'that are about to sign',
      [
        { key: 'a', from: at(-DAY_MS), until: at(910_000) },
        { key: 'b', from: at(10_000) },
      ],
      'ok',
      'made 1 d ago; others sign in 10 s; old ones are believed for 15 min 10 s more',
    ],
    [
      'whose time is over',
      [
        { key: 'a', until: at(-1) },
        { key: 'b', from: at(-60_000) },
      ],
      'ok',
      'made 1 min ago',
    ],
  ] as const)('%s', (_, keys, status, detail) => {
    expect(signingKeysCheck({ gateway: keys }, NOW)).toMatchObject({ status, detail });
  });
});
