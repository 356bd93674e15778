/**
 * An operator: a customer who may order, until suspended. Personal data stand enciphered in the events; decisions
 * never open them.
 *
 *     unregistered ──register──► active ◄──resume / suspend──► suspended
 *                                   └───────────close──────────┴──► closed ──erase──► erasing ──► erased
 *
 * `erasing` is not left but for `erased`: a reconciler erases the keys and says so. What is closed stays closed.
 */
import { accepted, refused, type Decider, type Decision } from '@freehold/decider';
import type { Enciphered, Finding } from '@freehold/kernel';
import type { OperatorEvent } from '@freehold/accounts-contract';

export type Operator =
  | { status: 'unregistered' }
  | { status: 'active' }
  | { status: 'suspended' }
  | { status: 'closed' }
  | { status: 'erasing'; keys: readonly string[] }
  | { status: 'erased' };

export type OperatorCommand =
  | { type: 'register'; key: string; name: Enciphered; contact: Enciphered }
  | { type: 'suspend' }
  | { type: 'resume' }
  | { type: 'close' }
  /** `key`: the vault's, of this operator. */
  | { type: 'erase'; key: string }
  | { type: 'record-erased' };

const operatorUnknown: Finding = {
  pointer: '/operator',
  code: 'operator-unknown',
  detail: 'There is no such operator.',
  hint: 'List the operators with "freehold operator list".',
};

const operatorClosed: Finding = {
  pointer: '/operator',
  code: 'operator-closed',
  detail: 'This operator was closed.',
  hint: 'Register a new one: "freehold operator register".',
};

const operatorOpen: Finding = {
  pointer: '/operator',
  code: 'operator-open',
  detail: 'This operator is not closed.',
  hint: 'Close it first: "freehold operator close <operator>".',
};

/** Why nothing new may be given to it; none while it is a customer. */
export const closedFindings = ({ status }: Operator): Finding[] => {
  switch (status) {
    case 'unregistered':
      return [operatorUnknown];
    case 'active':
    case 'suspended':
      return [];
    case 'closed':
    case 'erasing':
    case 'erased':
      return [operatorClosed];
  }
};

const evolve = (_state: Operator, event: OperatorEvent): Operator => {
  switch (event.type) {
    case 'accounts.operator-registered.v1':
    case 'accounts.operator-resumed.v1':
      return { status: 'active' };
    case 'accounts.operator-suspended.v1':
      return { status: 'suspended' };
    case 'accounts.operator-closed.v1':
      return { status: 'closed' };
    case 'accounts.operator-erasure-begun.v1':
      return { status: 'erasing', keys: event.data.keys };
    case 'accounts.operator-erased.v1':
      return { status: 'erased' };
  }
};

const decide = (command: OperatorCommand, operator: Operator): Decision<OperatorEvent> => {
  switch (command.type) {
    case 'register':
      return register(command, operator);
    case 'suspend':
      return change(operator, 'active', { type: 'accounts.operator-suspended.v1', data: {} });
    case 'resume':
      return change(operator, 'suspended', { type: 'accounts.operator-resumed.v1', data: {} });
    case 'close':
      return close(operator);
    case 'erase':
      return erase(command.key, operator);
    case 'record-erased':
      return operator.status === 'erasing' ? accepted({ type: 'accounts.operator-erased.v1', data: {} }) : accepted();
  }
};

const register = (
  { key, name, contact }: Extract<OperatorCommand, { type: 'register' }>,
  operator: Operator,
): Decision<OperatorEvent> =>
  operator.status === 'unregistered'
    ? accepted({ type: 'accounts.operator-registered.v1', data: { key, name, contact } })
    : accepted();

const change = (operator: Operator, from: Operator['status'], event: OperatorEvent): Decision<OperatorEvent> => {
  const closed = closedFindings(operator);
  if (closed.length > 0) return refused(...closed);
  return operator.status === from ? accepted(event) : accepted();
};

const close = (operator: Operator): Decision<OperatorEvent> => {
  switch (operator.status) {
    case 'unregistered':
      return refused(operatorUnknown);
    case 'active':
    case 'suspended':
      return accepted({ type: 'accounts.operator-closed.v1', data: {} });
    case 'closed':
    case 'erasing':
    case 'erased':
      return accepted();
  }
};

const erase = (key: string, operator: Operator): Decision<OperatorEvent> => {
  switch (operator.status) {
    case 'unregistered':
      return refused(operatorUnknown);
    case 'active':
    case 'suspended':
      return refused(operatorOpen);
    case 'closed':
      return accepted({ type: 'accounts.operator-erasure-begun.v1', data: { keys: [key] } });
    case 'erasing':
    case 'erased':
      return accepted();
  }
};

export const operatorDecider: Decider<Operator, OperatorCommand, OperatorEvent> = {
  initialState: () => ({ status: 'unregistered' }),
  evolve,
  decide,
};
