import { z } from 'zod';
import { Position } from './ids.js';
import { operation, type OperationContext } from './operation.js';

/** Every context with read models has this row; its reply is the position at which they will be complete again. */
export const rebuildViews = (context: OperationContext) =>
  operation({
    id: `${context}.rebuild-views`,
    kind: 'command',
    http: { method: 'POST', path: `/v1/views/${context}/rebuild` },
    summary: 'Empties the read models of a context and builds them again from the log; queries answer 503 meanwhile.',
    permission: 'cell:change',
    scope: 'cell',
    params: z.object({}),
    body: z.strictObject({}),
    reply: z.object({ position: Position }),
    refusals: [],
    since: '0.1.0',
  });
