import { describe, expect, it } from '@jest/globals';
import { nanosecondsOf } from './instant.js';

describe('an instant in nanoseconds', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['1970-01-01T00:00Z', 0n],
    ['2026-11-21T09:30:00.5Z', 1_795_253_400_500_000_000n],
    ['2026-11-21T09:30:00.000000001Z', 1_795_253_400_000_000_001n],
    ['2026-11-21T09:30:00.1234567899Z', 1_795_253_400_123_456_789n],
    ['1969-12-31T23:59:59.25Z', -750_000_000n],
  ])('%s', (instant, expected) => {
    expect(nanosecondsOf(instant)).toBe(expected);
  });

  it.each(['', 'yesterday', '2026-11-21', '2026-13-01T00:00:00Z', '2026-11-21T09:30:00+01:00'])(
    'is not "%s"',
    (text) => {
      expect(() => nanosecondsOf(text)).toThrow(RangeError);
    },
  );
});
