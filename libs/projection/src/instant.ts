import type { Instant } from '@freehold/kernel';

const FORM = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d+))?Z$/;

/**
 * Nanoseconds since 1970 of an RFC 3339 instant in UTC; digits beyond nanoseconds are cut off, seconds may be left out.
 *
 * @throws RangeError when it is none.
 */
export function nanosecondsOf(instant: Instant): bigint {
  const [, whole, fraction = ''] = FORM.exec(instant.replace(/(T\d{2}:\d{2})Z$/, '$1:00Z')) ?? [];
  const ms = Date.parse(`${whole ?? ''}Z`);
  if (Number.isNaN(ms)) throw new RangeError(`"${instant}" is not an instant such as 2026-11-21T09:30:00.123456789Z`);
  return BigInt(ms) * 1_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}
