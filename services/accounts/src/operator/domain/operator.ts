/**
 * An operator: a customer who may order, until suspended. Personal data stand enciphered in the events; decisions
 * never open them.
 *
 *     unregistered ──register──► active ◄──resume / suspend──► suspended
 */
import { accepted, refused, type Decider, type Decision } from '@freehold/decider';
import type { Enciphered, Finding } from '@freehold/kernel';
import type { OperatorEvent } from '@freehold/accounts-contract';

export type Operator = { status: 'unregistered' } | { status: 'active' } | { status: 'suspended' };

export type OperatorCommand =
  { type: 'register'; key: string; name: Enciphered; contact: Enciphered } | { type: 'suspend' } | { type: 'resume' };

export const operatorUnknown: Finding = {
  pointer: '/operator',
  code: 'operator-unknown',
  detail: 'There is no such operator.',
  hint: 'List the operators with "freehold operator list".',
};

const evolve = (_state: Operator, event: OperatorEvent): Operator => {
  switch (event.type) {
    case 'accounts.operator-registered.v1':
    case 'accounts.operator-resumed.v1':
      return { status: 'active' };
    case 'accounts.operator-suspended.v1':
      return { status: 'suspended' };
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
  if (operator.status === 'unregistered') return refused(operatorUnknown);
  return operator.status === from ? accepted(event) : accepted();
};

export const operatorDecider: Decider<Operator, OperatorCommand, OperatorEvent> = {
  initialState: () => ({ status: 'unregistered' }),
  evolve,
  decide,
};
