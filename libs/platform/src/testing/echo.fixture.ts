import { Id, operation, OperatorParams } from '@freehold/kernel';
import { z } from 'zod';

/** A small operations table for tests: each kind of row, each way to end. */
const common = { params: OperatorParams, scope: 'operator', since: '0.1.0', refusals: [] } as const;

export const Ending = z.enum(['done', 'refused', 'bug', 'outcome-unknown', 'views-away', 'leaky', 'never', 'long']);

export const changeEcho = operation({
  ...common,
  id: 'deployment.change-echo',
  kind: 'command',
  http: { method: 'POST', path: '/v1/operators/{operator}/echo' },
  summary: 'Changes an echo.',
  permission: 'deployment:change',
  body: z.strictObject({ ending: Ending, size: z.int().max(10).default(1), text: z.string().optional() }),
  reply: z.object({ id: Id, commandId: z.string(), digest: z.string(), ifMatch: z.number().nullable() }),
  checkable: true,
});

export const showEcho = operation({
  ...common,
  id: 'deployment.echo',
  kind: 'query',
  http: { method: 'GET', path: '/v1/operators/{operator}/echo' },
  summary: 'Shows an echo.',
  permission: 'deployment:read',
  body: z.object({
    after: z.string().optional(),
    times: z.coerce.number().default(1),
    wait: z.coerce.number().default(0),
  }),
  reply: z.object({ times: z.number(), actor: z.string(), operator: z.string(), wait: z.number() }),
});

export const beginEcho = operation({
  ...common,
  id: 'deployment.begin-echo',
  kind: 'command',
  http: { method: 'POST', path: '/v1/operators/{operator}/echo/begin' },
  summary: 'Begins long work.',
  permission: 'deployment:order',
  body: z.strictObject({}),
  reply: z.object({ process: Id }),
  longWork: true,
});

export const cellEcho = operation({
  ...common,
  id: 'deployment.cell-echo',
  kind: 'query',
  http: { method: 'GET', path: '/v1/echo' },
  summary: 'An echo of the provider.',
  permission: 'work:read',
  scope: 'cell',
  params: z.object({}),
  body: z.object({}),
  reply: z.object({ role: z.string() }),
});

export const hostEcho = operation({
  ...common,
  id: 'deployment.host-echo',
  kind: 'query',
  summary: 'An echo for an agent.',
  permission: 'host:act',
  scope: 'host',
  params: z.object({ host: z.string() }),
  body: z.object({}),
  reply: z.object({ host: z.string() }),
});
