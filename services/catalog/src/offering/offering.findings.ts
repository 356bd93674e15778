import type { Finding } from '@freehold/kernel';

const SEE_APPS = 'See what can be ordered with "freehold apps".';

export const applicationUnknown = (application: string): Finding => ({
  pointer: '/application',
  code: 'application-unknown',
  detail: `There is no application ${application}.`,
  hint: SEE_APPS,
});
export const planUnknown = (plan: string): Finding => ({
  pointer: '/plan',
  code: 'plan-unknown',
  detail: `There is no plan ${plan}.`,
  hint: SEE_APPS,
});
export const offeringUnknown = (application: string, plan: string): Finding => ({
  pointer: '/plan',
  code: 'offering-unknown',
  detail: `${application} is not offered with the plan ${plan}.`,
  hint: SEE_APPS,
});
export const policyUnknown = (policy: string): Finding => ({
  pointer: '/policy',
  code: 'policy-unknown',
  detail: `There is no policy ${policy}.`,
  hint: 'Set it first: PUT /v1/policies/<policy>.',
});
