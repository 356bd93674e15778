/**
 * What an operator has agreed to, and which deployments hold a place of the quota. Two orders cannot both take the
 * last place: they meet at this one aggregate.
 *
 * A place that is freed before it was reserved leaves a mark, so that the reservation that comes late is refused.
 */
import { accepted, acceptedUnless, refused, type Decider, type Decision } from '@freehold/decider';
import type { SubscriptionEvent } from '@freehold/accounts-contract';
import type { Finding } from '@freehold/kernel';

export type Subscription =
  | { status: 'missing'; freed: ReadonlySet<string> }
  | {
      status: 'agreed';
      plan: string;
      places: number;
      taken: ReadonlySet<string>;
      freed: ReadonlySet<string>;
    };

export type SubscriptionCommand =
  | { type: 'agree'; plan: string; places: number }
  | { type: 'reserve'; deployment: string }
  | { type: 'free'; deployment: string }
  | { type: 'end' };

const evolve = (state: Subscription, event: SubscriptionEvent): Subscription => {
  switch (event.type) {
    case 'accounts.subscription-agreed.v1':
    case 'accounts.subscription-changed.v1': {
      const { plan, places } = event.data;
      return { status: 'agreed', plan, places, taken: takenOf(state), freed: state.freed };
    }
    case 'accounts.place-reserved.v1':
      return state.status === 'agreed'
        ? { ...state, taken: state.taken.union(new Set([event.data.deployment])) }
        : state;
    case 'accounts.place-freed.v1': {
      const freed = new Set([event.data.deployment]);
      return state.status === 'agreed'
        ? { ...state, taken: state.taken.difference(freed), freed: state.freed.union(freed) }
        : { ...state, freed: state.freed.union(freed) };
    }
    case 'accounts.subscription-ended.v1':
      return { status: 'missing', freed: state.freed };
  }
};

const takenOf = (state: Subscription): ReadonlySet<string> => (state.status === 'agreed' ? state.taken : new Set());

const decide = (command: SubscriptionCommand, subscription: Subscription): Decision<SubscriptionEvent> => {
  switch (command.type) {
    case 'agree':
      return agree(command, subscription);
    case 'reserve':
      return reserve(command.deployment, subscription);
    case 'free':
      return subscription.freed.has(command.deployment)
        ? accepted()
        : accepted({ type: 'accounts.place-freed.v1', data: { deployment: command.deployment } });
    case 'end':
      return end(subscription);
  }
};

const agree = (
  { plan, places }: Extract<SubscriptionCommand, { type: 'agree' }>,
  subscription: Subscription,
): Decision<SubscriptionEvent> => {
  if (subscription.status === 'missing') {
    return accepted({ type: 'accounts.subscription-agreed.v1', data: { plan, places } });
  }
  if (subscription.plan === plan && subscription.places === places) return accepted();
  return acceptedUnless(places < subscription.taken.size ? [placesBelowUse(subscription.taken.size)] : [], {
    type: 'accounts.subscription-changed.v1',
    data: { plan, places },
  });
};

const reserve = (deployment: string, subscription: Subscription): Decision<SubscriptionEvent> => {
  if (subscription.status === 'missing') return refused(subscriptionMissing);
  if (subscription.freed.has(deployment)) return refused(placeAlreadyFreed);
  if (subscription.taken.has(deployment)) return accepted();
  return acceptedUnless(subscription.taken.size >= subscription.places ? [quotaUsedUp(subscription.places)] : [], {
    type: 'accounts.place-reserved.v1',
    data: { deployment },
  });
};

const end = (subscription: Subscription): Decision<SubscriptionEvent> => {
  if (subscription.status === 'missing') return accepted();
  return acceptedUnless(subscription.taken.size > 0 ? [placesTaken(subscription.taken.size)] : [], {
    type: 'accounts.subscription-ended.v1',
    data: {},
  });
};

const subscriptionMissing: Finding = {
  pointer: '',
  code: 'subscription-missing',
  detail: 'This operator has no subscription.',
  hint: 'The provider agrees one: "freehold operator subscribe <operator> --plan small --places 1".',
};

const placeAlreadyFreed: Finding = {
  pointer: '',
  code: 'place-already-freed',
  detail: 'The place of this deployment was given back already.',
  hint: 'Order again.',
};

const quotaUsedUp = (places: number): Finding => ({
  pointer: '',
  code: 'quota-used-up',
  detail: `All ${String(places)} places of the subscription are taken.`,
  hint: 'Retire a deployment, or ask the provider for more places.',
});

const placesTaken = (taken: number): Finding => ({
  pointer: '/operator',
  code: 'places-taken',
  detail: `It has ${String(taken)} deployments.`,
  hint: 'Retire them first ("freehold retire"), or let the operator move them away.',
});

const placesBelowUse = (taken: number): Finding => ({
  pointer: '/places',
  code: 'places-below-use',
  detail: `${String(taken)} places are taken.`,
  hint: `Give at least ${String(taken)}, or retire deployments first.`,
});

export const subscriptionDecider: Decider<Subscription, SubscriptionCommand, SubscriptionEvent> = {
  initialState: () => ({ status: 'missing', freed: new Set() }),
  evolve,
  decide,
};

export const operatorSuspended: Finding = {
  pointer: '',
  code: 'operator-suspended',
  detail: 'This operator is suspended and cannot order.',
  hint: 'Ask the provider.',
};
