import { describe, expect, it } from '@jest/globals';
import { checkOf } from './keys-check.js';

const NOW = Date.parse('2026-11-22T12:00:00.000Z');
const at = (ms: number): string => new Date(NOW + ms).toISOString();
const DAY_MS = 86_400_000;

interface Timed {
  from?: string;
  until?: string;
}

describe('what doctor says of keys', () => {
  it.each<[string, Timed[], string, string]>([
    ['as they were made', [{ from: at(-3 * DAY_MS) }], 'ok', 'made 3 d ago'],
    ['of an installation from before', [{}], 'ok', 'as old as the installation'],
    ['after two years', [{ from: at(-731 * DAY_MS) }], 'notice', 'made 731 d ago'],
    [
      'that are about to sign',
      [{ from: at(-DAY_MS), until: at(910_000) }, { from: at(10_000) }],
      'ok',
      'made 1 d ago; the next signs in 10 s; the one before is accepted for 15 min 10 s more',
    ],
    ['whose time is over', [{ until: at(-1) }, { from: at(-60_000) }], 'ok', 'made 1 min ago'],
  ])('%s', (_, keys, status, detail) => {
    expect(checkOf('signing keys', keys, NOW)).toMatchObject({ status, detail });
  });
});
