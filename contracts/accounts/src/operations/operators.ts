import { Changed, Id, Instant, operation, OperatorParams, resource } from '@freehold/kernel';
import { z } from 'zod';

export const OperatorRecorded = z.object({
  id: Id,
  status: z.enum(['active', 'suspended']),
  name: z.string(),
  contact: z.string(),
  registeredAt: Instant,
});

export const operators = resource({
  context: 'accounts',
  name: 'operator',
  title: 'an operator',
  collection: { path: '/v1/operators', params: z.object({}), scope: 'cell', permission: 'operator:list' },
  item: { path: '/v1/operators/{operator}', params: OperatorParams, scope: 'operator', permission: 'operator:read' },
  history: 'history:read',
  recorded: OperatorRecorded,
  observed: z.null(),
});

export const registerOperator = operation({
  id: 'accounts.register-operator',
  kind: 'command',
  http: { method: 'POST', path: '/v1/operators' },
  summary: 'Takes a customer on.',
  permission: 'operator:register',
  scope: 'cell',
  params: z.object({}),
  body: z.strictObject({
    name: z.string().trim().min(1).max(200).describe('name of the organisation or person'),
    contact: z.email().max(254).describe('e-mail address of the contact'),
  }),
  reply: Changed,
  refusals: [],
  since: '0.1.0',
});

const operatorChange = <Name extends 'suspend' | 'resume'>(name: Name, summary: string) =>
  operation({
    id: `accounts.${name}-operator`,
    kind: 'command',
    http: { method: 'POST', path: `/v1/operators/{operator}/${name}` },
    summary,
    permission: 'operator:change',
    scope: 'operator',
    params: OperatorParams,
    body: z.strictObject({}),
    reply: Changed,
    refusals: ['operator-unknown'],
    since: '0.1.0',
  });

export const suspendOperator = operatorChange('suspend', 'Stops an operator from ordering; what runs goes on.');
export const resumeOperator = operatorChange('resume', 'Lets a suspended operator order again.');
