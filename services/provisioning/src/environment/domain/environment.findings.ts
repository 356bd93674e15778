import type { Finding } from '@freehold/kernel';

export const environmentUnknown: Finding = {
  pointer: '/environment',
  code: 'environment-unknown',
  detail: 'There is no such environment, or not at this generation.',
  hint: 'Look at the deployment with "freehold show".',
};
export const alreadyRemoved: Finding = {
  pointer: '/environment',
  code: 'environment-already-removed',
  detail: 'This environment was given up already.',
  hint: 'Order again.',
};
export const environmentDiffers: Finding = {
  pointer: '/environment',
  code: 'environment-differs',
  detail: 'This environment exists for something else.',
  hint: 'Order again.',
};
export const epochTooLow: Finding = {
  pointer: '/epoch',
  code: 'epoch-too-low',
  detail: 'A later tenure has acted on this environment already.',
  hint: 'The lineage has moved on; look at its history.',
};
export const hostDiffers: Finding = {
  pointer: '/host',
  code: 'host-differs',
  detail: 'This environment is on another host.',
  hint: 'An agent reports on its own host only.',
};
export const generationPassed: Finding = {
  pointer: '/generation',
  code: 'generation-passed',
  detail: 'Something newer is desired by now.',
  hint: 'Read the desired state again and ask for its generation.',
};

/** @param names of secrets; never their values. */
export const secretsMissing = (names: readonly string[]): Finding => ({
  pointer: '',
  code: 'secrets-missing',
  detail: `This is not in the vault: ${names.join(', ')}.`,
  hint: 'Staff: see "freehold work show"; secrets are made before the first start and shredded at the end.',
});
