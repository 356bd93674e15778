import type { Finding } from '@freehold/kernel';

const finding = (code: string, detail: string, hint: string): Finding => ({ pointer: '', code, detail, hint });

export const grantExpired = finding(
  'grant-expired',
  'The time of this grant is over.',
  'Ask for a new grant at the source.',
);
export const grantOfAnother = finding(
  'grant-of-another',
  'This grant is for another provider, or another provider brought it first.',
  'Ask for a grant that names your provider: "freehold move grant --to".',
);
export const departureEnded = finding(
  'departure-ended',
  'This departure has ended.',
  'See how with "freehold move status"; a new grant begins a new one.',
);
export const departureAbandoned = finding(
  'departure-abandoned',
  'The source has given this move up: it runs there.',
  'See why in the history of the departure there; take it again with a new grant.',
);
export const unconfirmed = finding(
  'departure-unconfirmed',
  'The operator has not confirmed at the source who came with this grant.',
  'Compare the fingerprint there: "freehold move confirm".',
);
export const nobodyCame = finding(
  'nobody-came',
  'Nobody has brought this grant yet.',
  'Hand it in at the new provider first.',
);
export const fingerprintDiffers = finding(
  'fingerprint-differs',
  'This is not the fingerprint of who brought the grant.',
  'Do not go on: somebody else has the grant. Abandon it, and grant again with --to.',
);
export const tenureAlreadyAsked = finding(
  'tenure-already-asked',
  'The target has asked for the tenure: the move is being decided at this moment.',
  'Wait a few seconds; then it is live here or there.',
);
export const notSealed = finding(
  'departure-not-sealed',
  'There is no seal, or it was broken.',
  'Ask for the seal first; after a broken one, for a new grant.',
);
export const notHandedOver = finding('departure-not-handed-over', 'The tenure has not passed.', 'Ask for it first.');
export const returnInvalid = finding(
  'return-invalid',
  'This return does not belong to the handover of this departure, or it is live there already.',
  'Move it back by a new grant there.',
);
export const differs = finding('departure-differs', 'This departure exists for something else.', 'Grant again.');
export const deadlinePassed = finding(
  'seal-deadline-passed',
  'The target did not get on within the seal’s time; it runs here again.',
  'Look at the connection between the two providers, then grant again.',
);
export const captureOverdue = finding(
  'capture-deadline-passed',
  'Its state was not captured within the seal’s time; it runs here again.',
  'Look at its host (is it there, is its disk full or slow?), then grant again.',
);
export const givenUp = finding('departure-given-up', 'The departure was given up.', 'Grant again when it suits.');
export const notReturned = finding(
  'tenure-not-returned',
  'The tenure has passed to the target, which has not given it back: it may be live there.',
  'Ask the target’s provider what became of it. Both copies are intact; do not start this one before you know.',
);
export const hostSilent = finding(
  'host-silent',
  'The host of this deployment cannot be fetched from at the moment.',
  'Try again shortly; if it stays so, tell the source’s provider.',
);
