import type { Finding } from '@freehold/kernel';

const finding = (code: string, detail: string, hint: string): Finding => ({ pointer: '', code, detail, hint });

export const arrivalAbandoned = finding(
  'arrival-abandoned',
  'This arrival was given up.',
  'Take it again with a new grant from the source.',
);
export const arrivalCompleted = finding(
  'arrival-completed',
  'It is live here; its tenure cannot be given back.',
  'Move it back: "freehold move grant".',
);
export const subscriptionMissing = finding(
  'subscription-missing',
  'This operator has not agreed to a plan.',
  'Ask the provider for a subscription.',
);
export const moveUnknown = finding(
  'move-unknown',
  'There is no such arrival here.',
  'Staff: look at the process of the job; it may have been given up.',
);
