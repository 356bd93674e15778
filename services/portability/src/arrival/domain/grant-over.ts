import type { Finding } from '@freehold/kernel';
import type { DepartureStanding } from '@freehold/portability-contract';

const OVER: ReadonlySet<DepartureStanding['status']> = new Set(['reopening', 'reopened', 'returned', 'erased']);

/**
 * Why nothing can come of a grant any more, although its source still answers what it once was for: it answers whoever
 * brought it alike for ever. Told before anything is made here, not by the first copy that is refused.
 * @param clock the source's, which alone judges a grant
 */
export function grantOver({ status }: Pick<DepartureStanding, 'status'>, expires: string, clock: string): Finding[] {
  if (OVER.has(status)) return [departureEnded];
  return status === 'bound' && Date.parse(clock) >= Date.parse(expires) ? [grantExpired] : [];
}

const departureEnded: Finding = {
  pointer: '/grant',
  code: 'departure-ended',
  detail: 'The departure that this grant was for has ended at the source.',
  hint: 'Ask there for a new one: "freehold move grant".',
};
const grantExpired: Finding = {
  pointer: '/grant',
  code: 'grant-expired',
  detail: 'The time of this grant is over.',
  hint: 'Ask for a new grant at the source: "freehold move grant".',
};
