/**
 * What becomes of a name whose deployment left: it leads to the provider that holds the lineage, who alone may say where it
 * moved on, until the lineage comes back as another deployment of the same operator.
 */
import { accepted, refused, type Decision } from '@freehold/decider';
import type { NameEvent, WayToProvider } from '@freehold/provisioning-contract';
import type { Name } from './name.states.js';
import * as findings from './name.findings.js';

export type DelegationCommand =
  | ({ type: 'delegate'; deployment: string } & WayToProvider)
  | { type: 'undo-delegation'; deployment: string }
  | { type: 'reclaim'; operator: string; deployment: string; environment?: string | undefined }
  | ({ type: 'redirect'; by: string } & WayToProvider);

export const decideDelegation = (command: DelegationCommand, state: Name): Decision<NameEvent> => {
  switch (command.type) {
    case 'delegate':
      return delegate(command, state);
    case 'undo-delegation':
      return state.delegationUndone.has(command.deployment)
        ? accepted()
        : accepted({ type: 'provisioning.name-delegation-undone.v1', data: { deployment: command.deployment } });
    case 'reclaim':
      return reclaim(command, state);
    case 'redirect':
      return redirect(command, state);
  }
};

type Of<Type extends DelegationCommand['type']> = Extract<DelegationCommand, { type: Type }>;

const delegate = ({ type: _type, ...delegated }: Of<'delegate'>, state: Name): Decision<NameEvent> => {
  const { deployment } = delegated;
  if (state.delegationUndone.has(deployment)) return refused(findings.delegationAlreadyUndone);
  if (state.status === 'free' || state.deployment !== deployment) return refused(findings.nameNotClaimed);
  if (state.via !== null) return refused(findings.nameOfAnotherZone);
  // Where it leads by now is the holder's to say: a repeat does not turn it back.
  return state.status === 'delegated-away'
    ? accepted()
    : accepted({ type: 'provisioning.name-delegated-away.v1', data: delegated });
};

/** The deployment that left never comes back itself: the lineage does, as another one. */
const reclaim = ({ operator, deployment, environment }: Of<'reclaim'>, state: Name): Decision<NameEvent> => {
  if (state.status === 'free' || state.operator !== operator) return refused(findings.nameNotDelegated);
  const hasLeft = state.status === 'delegated-away';
  if (hasLeft === (state.deployment === deployment)) return refused(findings.nameNotDelegated);
  if (!hasLeft) return accepted();
  return accepted({
    type: 'provisioning.name-reclaimed.v1',
    data: { operator, deployment, environment: environment ?? state.environment },
  });
};

const redirect = ({ by, to, address, port }: Of<'redirect'>, state: Name): Decision<NameEvent> => {
  if (state.status !== 'delegated-away') return refused(findings.nameNotDelegated);
  const { way, deployment } = state;
  if (way.to === to && way.address === address && way.port === port) return accepted();
  if (by !== way.to) return refused(findings.nameHeldByAnother);
  return accepted({ type: 'provisioning.name-redirected.v1', data: { deployment, by, to, address, port } });
};
