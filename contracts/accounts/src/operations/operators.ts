import { Changed, Id, Instant, operation, OperatorParams, resource } from '@freehold/kernel';
import { z } from 'zod';

export const OperatorRecorded = z.object({
  id: Id,
  status: z.enum(['active', 'suspended', 'closed', 'erasing', 'erased']),
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

interface ChangeRow {
  summary: string;
  permission?: 'operator:change' | 'operator:erase';
  refusals: readonly string[];
}

const operatorChange = <Name extends string>(
  name: Name,
  { summary, permission = 'operator:change', refusals }: ChangeRow,
) =>
  operation({
    id: `accounts.${name}-operator`,
    kind: 'command',
    http: { method: 'POST', path: `/v1/operators/{operator}/${name}` },
    summary,
    permission,
    scope: 'operator',
    params: OperatorParams,
    body: z.strictObject({}),
    reply: Changed,
    refusals: ['operator-unknown', ...refusals],
    since: '0.1.0',
  });

export const suspendOperator = operatorChange('suspend', {
  summary: 'Stops an operator from ordering; what runs goes on.',
  refusals: ['operator-closed'],
});
export const resumeOperator = operatorChange('resume', {
  summary: 'Lets a suspended operator order again.',
  refusals: ['operator-closed'],
});
export const closeOperator = operatorChange('close', {
  summary: 'Ends an operator that has no deployments: its keys open nothing any more, its data stay.',
  refusals: ['places-taken'],
});
/** Answers once it cannot be stopped any more; the operator shows as `erased` when it is done. */
export const eraseOperator = operatorChange('erase', {
  summary: 'Erases all personal data of a closed operator for good, wherever they are.',
  permission: 'operator:erase',
  refusals: ['operator-open', 'work-unfinished'],
});
