import { z } from 'zod';
import { Position } from './ids.js';
import { operation, type OperationContext } from './operation.js';

/**
 * Every context with read models has this row. They exist in numbered editions; a rebuild makes the next one. Asked with the
 * number that an answer named, it tells whether that edition has been replaced, and waits a few seconds for it.
 */
export const rebuildViews = (context: OperationContext) =>
  operation({
    id: `${context}.rebuild-views`,
    kind: 'command',
    http: { method: 'POST', path: `/v1/views/${context}/rebuild` },
    summary:
      'Builds the read models of a context again from the log, beside those that serve, and replaces them when they are complete.',
    permission: 'cell:change',
    scope: 'cell',
    params: z.object({}),
    body: z.strictObject({ replacing: z.int().nonnegative().optional() }),
    reply: z.object({ replacing: z.int().nonnegative(), complete: z.boolean(), position: Position }),
    refusals: [],
    since: '0.1.0',
  });
