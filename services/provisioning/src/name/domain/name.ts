/**
 * A name under the provider's zone: the first claim wins, because all claims of one name meet at one subject. A name
 * given up before it was claimed leaves a mark for that deployment, so that its late claim is refused.
 *
 *     free ──claim──► claimed ──attach──► attached ──give-up──► free
 */
import { accepted, refused, type Decider, type Decision } from '@freehold/decider';
import type { Enciphered, Finding } from '@freehold/kernel';
import type { NameEvent } from '@freehold/provisioning-contract';

interface Marks {
  givenUp: ReadonlySet<string>;
}
export type Name =
  | (Marks & { status: 'free' })
  | (Marks & { status: 'claimed'; operator: string; deployment: string })
  | (Marks & { status: 'attached'; operator: string; deployment: string; environment: string });

export type NameCommand =
  | { type: 'claim'; operator: string; deployment: string; purpose: string; name: Enciphered }
  | { type: 'attach'; deployment: string; environment: string }
  | { type: 'give-up'; deployment: string };

const evolve = (state: Name, event: NameEvent): Name => {
  switch (event.type) {
    case 'provisioning.name-claimed.v1': {
      const { operator, deployment } = event.data;
      return { status: 'claimed', operator, deployment, givenUp: state.givenUp };
    }
    case 'provisioning.name-attached.v1':
      return state.status === 'free' ? state : { ...state, status: 'attached', environment: event.data.environment };
    case 'provisioning.name-given-up.v1': {
      const givenUp = new Set(state.givenUp).add(event.data.deployment);
      const held = state.status !== 'free' && state.deployment !== event.data.deployment;
      return held ? { ...state, givenUp } : { status: 'free', givenUp };
    }
  }
};

const decide = (command: NameCommand, state: Name): Decision<NameEvent> => {
  switch (command.type) {
    case 'claim':
      return claim(command, state);
    case 'attach':
      return attach(command, state);
    case 'give-up':
      return state.givenUp.has(command.deployment)
        ? accepted()
        : accepted({ type: 'provisioning.name-given-up.v1', data: { deployment: command.deployment } });
  }
};

const claim = (
  { operator, deployment, purpose, name }: Extract<NameCommand, { type: 'claim' }>,
  state: Name,
): Decision<NameEvent> => {
  if (state.givenUp.has(deployment)) return refused(claimAlreadyGivenUp);
  if (state.status === 'free') {
    return accepted({ type: 'provisioning.name-claimed.v1', data: { operator, deployment, purpose, name } });
  }
  return state.deployment === deployment ? accepted() : refused(nameTaken);
};

const attach = (
  { deployment, environment }: Extract<NameCommand, { type: 'attach' }>,
  state: Name,
): Decision<NameEvent> => {
  if (state.status === 'free' || state.deployment !== deployment) return refused(nameNotClaimed);
  return state.status === 'attached' && state.environment === environment
    ? accepted()
    : accepted({ type: 'provisioning.name-attached.v1', data: { deployment, environment } });
};

/** That a name is taken may be said; by whom not. */
const nameTaken: Finding = {
  pointer: '/name',
  code: 'name-taken',
  detail: 'This name is taken.',
  hint: 'Choose another name.',
};
const claimAlreadyGivenUp: Finding = {
  pointer: '/name',
  code: 'claim-already-given-up',
  detail: 'This deployment gave the name up already.',
  hint: 'Order again.',
};
const nameNotClaimed: Finding = {
  pointer: '/name',
  code: 'name-not-claimed',
  detail: 'The deployment does not hold this name.',
  hint: 'Claim the name first.',
};

export const nameDecider: Decider<Name, NameCommand, NameEvent> = {
  initialState: () => ({ status: 'free', givenUp: new Set() }),
  evolve,
  decide,
};
