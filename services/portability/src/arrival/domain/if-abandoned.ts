import type { ArrivalStatus } from './arrival.js';

/** How far the process of an arrival is, as far as that tells whether it can be given up. */
export interface Underway {
  status: 'not-begun' | 'running' | 'undoing' | 'stuck' | 'ended';
  isPastReturn: boolean;
}

/** What would happen if it were abandoned now. The process knows more than the record; null: nobody has asked it. */
export function ifAbandoned(status: ArrivalStatus, process: Underway | null): string {
  if (status !== 'under-way' && status !== 'verified') return TEXTS[status];
  if (process?.status === 'stuck') return STUCK;
  if (process?.status === 'undoing') return UNDOING;
  if (process?.status === 'running' && process.isPastReturn) return PAST_RETURN;
  return TEXTS[status];
}

const STUCK = 'It cannot be abandoned while it is stuck: the provider’s staff go on with it ("freehold work show").';
const UNDOING = 'It is being given up already; it runs at the source when that ends.';
const PAST_RETURN = 'It cannot be abandoned any more: the tenure is here, and it is being opened.';
const TEXTS: Readonly<Record<ArrivalStatus, string>> = {
  'under-way': 'What was copied here would be thrown away; it goes on running at the source, or runs there again.',
  verified: 'The source decides at this moment: it becomes live here, or runs there again.',
  completed: 'It has ended: it is live here.',
  returned: 'It has ended: it runs at the source again.',
  abandoned: 'It has ended: it runs at the source.',
};
