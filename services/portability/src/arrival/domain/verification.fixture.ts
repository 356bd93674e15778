import type { Comparison } from '@freehold/portability-contract';
import type { ArrivalCommand } from './arrival.js';
import { findingsOf } from './comparison.js';

/** What the border makes of a comparison, but for enciphering it. */
export const verification = (comparison: Comparison): ArrivalCommand => ({
  type: 'verify',
  comparison,
  findings: findingsOf(comparison),
});
