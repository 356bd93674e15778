import type { OperatorToken, Principal } from '@freehold/kernel';

/** Whom this service speaks for when it asks other contexts: a process, or what will become one, of an operator. */
export const processPrincipal = (operator: OperatorToken, id: string): Principal => ({
  actor: { kind: 'process', id },
  role: 'process',
  operator,
});
