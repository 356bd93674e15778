import type { Finding } from '@freehold/kernel';

/** That a name is taken may be said; by whom not. */
export const nameTaken: Finding = {
  pointer: '/name',
  code: 'name-taken',
  detail: 'This name is taken.',
  hint: 'Choose another name.',
};
export const claimAlreadyGivenUp: Finding = {
  pointer: '/name',
  code: 'claim-already-given-up',
  detail: 'This deployment gave the name up already.',
  hint: 'Order again.',
};
export const nameNotClaimed: Finding = {
  pointer: '/name',
  code: 'name-not-claimed',
  detail: 'The deployment does not hold this name.',
  hint: 'Claim the name first.',
};
export const nameOfAnotherZone: Finding = {
  pointer: '/name',
  code: 'name-of-another-zone',
  detail: 'This name is under the zone of another provider, so it cannot be led elsewhere from here.',
  hint: 'Ask that provider to redirect it, and give it up here.',
};
export const delegationAlreadyUndone: Finding = {
  pointer: '/name',
  code: 'delegation-already-undone',
  detail: 'It was taken back already that this deployment’s name leads to another provider.',
  hint: 'Start the move again.',
};
export const nameNotDelegated: Finding = {
  pointer: '/name',
  code: 'name-not-delegated',
  detail: 'This name does not lead to another provider.',
  hint: 'Only what left can come back or move on; see the name’s history.',
};
export const nameHeldByAnother: Finding = {
  pointer: '/by',
  code: 'name-held-by-another',
  detail: 'Only the provider to which the name leads may say where it leads from now on.',
  hint: 'Ask the provider that runs the deployment now.',
};
