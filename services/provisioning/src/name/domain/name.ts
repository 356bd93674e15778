/**
 * A name: the first claim wins, because all claims of one name meet at one subject. A name given up before it was claimed
 * leaves a mark for that deployment, so that its late claim is refused; so does a delegation undone before it happened.
 *
 *     free ──claim──► claimed ──attach──► attached ──give-up──► free
 *                        └────delegate────┴──► delegated-away ──redirect──► delegated-away
 *                     attached ◄──reclaim (of the deployment that came back)──┘
 *
 * A name that leads to another provider stays taken here for ever: giving it up changes nothing then, and nobody claims it.
 */
import { accepted, refused, type Decider, type Decision } from '@freehold/decider';
import type { Enciphered } from '@freehold/kernel';
import type { NameEvent } from '@freehold/provisioning-contract';
import { decideDelegation, type DelegationCommand } from './name-delegation.decide.js';
import { claimAlreadyGivenUp, nameNotClaimed, nameTaken } from './name.findings.js';
import type { Marks, Name } from './name.states.js';

export type NameCommand =
  | { type: 'claim'; operator: string; deployment: string; purpose: string; name: Enciphered; via: string | null }
  | { type: 'attach'; deployment: string; environment: string }
  | { type: 'give-up'; deployment: string }
  | DelegationCommand;

const evolve = (state: Name, event: NameEvent): Name => {
  switch (event.type) {
    case 'provisioning.name-claimed.v1': {
      const { operator, deployment, name, via = null } = event.data;
      return { ...marksOf(state), status: 'claimed', operator, deployment, name, via };
    }
    case 'provisioning.name-attached.v1': {
      if (state.status === 'free' || state.status === 'delegated-away') return state;
      return { ...state, status: 'attached', environment: event.data.environment };
    }
    case 'provisioning.name-given-up.v1': {
      const givenUp = new Set(state.givenUp).add(event.data.deployment);
      const isHeld = state.status === 'delegated-away' || heldByAnother(state, event.data.deployment);
      return isHeld ? { ...state, givenUp } : { ...marksOf(state), status: 'free', givenUp };
    }
    case 'provisioning.name-delegated-away.v1': {
      if (state.status === 'free' || state.status === 'delegated-away') return state;
      const { to, address, port } = event.data;
      const environment = state.status === 'attached' ? state.environment : null;
      return { ...state, status: 'delegated-away', environment, way: { to, address, port } };
    }
    case 'provisioning.name-redirected.v1': {
      const { to, address, port } = event.data;
      return state.status === 'delegated-away' ? { ...state, way: { to, address, port } } : state;
    }
    case 'provisioning.name-reclaimed.v1':
      return state.status === 'delegated-away' ? held(state, event.data.deployment, event.data.environment) : state;
    case 'provisioning.name-delegation-undone.v1': {
      const { deployment } = event.data;
      const delegationUndone = new Set(state.delegationUndone).add(deployment);
      return state.status === 'delegated-away' && state.deployment === deployment
        ? { ...held(state, deployment, state.environment), delegationUndone }
        : { ...state, delegationUndone };
    }
  }
};

const marksOf = ({ givenUp, delegationUndone }: Marks): Marks => ({ givenUp, delegationUndone });

const heldByAnother = (state: Name, deployment: string): boolean =>
  state.status !== 'free' && state.deployment !== deployment;

const held = (
  { operator, name, via, ...state }: Extract<Name, { status: 'delegated-away' }>,
  deployment: string,
  environment: string | null,
): Name => {
  const holding = { ...marksOf(state), operator, deployment, name, via };
  return environment === null ? { ...holding, status: 'claimed' } : { ...holding, status: 'attached', environment };
};

const decide = (command: NameCommand, state: Name): Decision<NameEvent> => {
  switch (command.type) {
    case 'claim':
      return claim(command, state);
    case 'attach':
      return attach(command, state);
    case 'give-up':
      return giveUp(command.deployment, state);
    case 'delegate':
    case 'undo-delegation':
    case 'reclaim':
    case 'redirect':
      return decideDelegation(command, state);
  }
};

const claim = (
  { type: _type, ...claimed }: Extract<NameCommand, { type: 'claim' }>,
  state: Name,
): Decision<NameEvent> => {
  if (state.givenUp.has(claimed.deployment)) return refused(claimAlreadyGivenUp);
  if (state.status === 'free') return accepted({ type: 'provisioning.name-claimed.v1', data: claimed });
  if (state.status === 'delegated-away') return refused(nameTaken);
  return state.deployment === claimed.deployment ? accepted() : refused(nameTaken);
};

const attach = (
  { deployment, environment }: Extract<NameCommand, { type: 'attach' }>,
  state: Name,
): Decision<NameEvent> => {
  if (state.status === 'free' || state.status === 'delegated-away') return refused(nameNotClaimed);
  if (state.deployment !== deployment) return refused(nameNotClaimed);
  return state.status === 'attached' && state.environment === environment
    ? accepted()
    : accepted({ type: 'provisioning.name-attached.v1', data: { deployment, environment } });
};

const giveUp = (deployment: string, state: Name): Decision<NameEvent> => {
  const hasLeft = state.status === 'delegated-away' && state.deployment === deployment;
  return hasLeft || state.givenUp.has(deployment)
    ? accepted()
    : accepted({ type: 'provisioning.name-given-up.v1', data: { deployment } });
};

export const nameDecider: Decider<Name, NameCommand, NameEvent> = {
  initialState: () => ({ status: 'free', givenUp: new Set(), delegationUndone: new Set() }),
  evolve,
  decide,
};
