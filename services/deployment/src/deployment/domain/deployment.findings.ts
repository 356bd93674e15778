import type { Finding } from '@freehold/kernel';

const finding = (code: string, detail: string, hint: string): Finding => ({ pointer: '', code, detail, hint });

const ORDER_AGAIN = 'Order again.';

export const orderAlreadyUndone = finding('order-already-undone', 'This order was undone already.', ORDER_AGAIN);
export const deploymentDiffers = finding(
  'deployment-differs',
  'This deployment exists with another order.',
  ORDER_AGAIN,
);
export const secretsMissing = finding(
  'secrets-missing',
  'Its secrets are not in the vault yet.',
  'Staff: see "freehold work show".',
);
export const resourcesMissing = finding(
  'resources-missing',
  'Its environment is not there yet.',
  'Staff: see "freehold work show".',
);
export const releaseMissing = finding(
  'release-missing',
  'Its release is not installed yet.',
  'Staff: see "freehold work show".',
);
export const tenureMissing = finding('tenure-missing', 'The tenure was not taken.', 'Staff: see "freehold work show".');
export const epochTooLow = finding(
  'epoch-too-low',
  'A higher epoch was seen already.',
  'The lineage has moved on; look at its history.',
);
export const notLive = finding(
  'deployment-not-live',
  'The deployment is neither live nor suspended, or its order has not ended yet.',
  'See its state with "freehold show"; an order under way can be followed with "freehold work show".',
);
export const notSuspended = finding(
  'deployment-not-suspended',
  'The deployment is not suspended.',
  'See its state with "freehold show".',
);
export const firstAdministratorMissing = finding(
  'first-administrator-missing',
  'The first administrator’s account is not made yet.',
  'It is made at the end of an order; follow it with "freehold work show".',
);
export const subscriptionMissing = finding(
  'subscription-missing',
  'This operator has not agreed to a plan.',
  'Ask the provider for a subscription.',
);
export const hostSilent = finding(
  'host-silent',
  'The host does not answer at the moment.',
  'Try again shortly; the application itself may run on.',
);
export const sealed = finding(
  'deployment-sealed',
  'It is stopped while it is copied, for a move or an export.',
  'It runs again, or has left, when that ends: see "freehold move status". A move can be abandoned: "freehold move abandon".',
);
export const notSealed = finding('deployment-not-sealed', 'This departure has not sealed it.', 'Seal it first.');
export const alreadyReopened = finding(
  'already-reopened',
  'This departure came to nothing; the deployment runs here again.',
  'Grant the move again: "freehold move grant".',
);
/** @param to origin of the provider that holds its tenure */
export const leftTo = (to: string): Finding =>
  finding(
    'deployment-left',
    `It has left: ${to} runs it now.`,
    'To take it back, have it granted there ("freehold move grant"), then take it here: "freehold move take".',
  );
export const notLeft = finding(
  'deployment-not-left',
  'The tenure did not pass in this departure, or was not given back.',
  'Staff: look at the histories of the deployment and of its departure.',
);
