import { Changed, Id, operation, OperatorParams } from '@freehold/kernel';
import { z } from 'zod';
import { ProcessRecorded } from './deployments.js';

/** What is under way or stuck, of all operators: for staff. */
export const workList = operation({
  id: 'deployment.work-list',
  kind: 'query',
  http: { method: 'GET', path: '/v1/work' },
  summary: 'Processes that have not ended, the stuck ones first.',
  permission: 'work:read',
  scope: 'cell',
  params: z.object({}),
  body: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50), cursor: z.string().optional() }),
  reply: z.object({ items: z.array(ProcessRecorded), next: z.string().nullable() }),
  refusals: [],
  since: '0.1.0',
});

const action = <Name extends 'retry' | 'undo'>(name: Name, summary: string) =>
  operation({
    id: `deployment.${name}-work`,
    kind: 'command',
    http: { method: 'POST', path: `/v1/operators/{operator}/processes/{process}/${name}` },
    summary,
    permission: 'work:change',
    scope: 'operator',
    params: OperatorParams.extend({ process: Id }),
    body: z.strictObject({}),
    reply: Changed,
    refusals: ['process-not-stuck', 'process-ended'],
    since: '0.1.0',
  });

export const retryWork = action('retry', 'Tries the undo that failed once more.');
export const undoWork = action('undo', 'Gives a process up and undoes what it did.');
