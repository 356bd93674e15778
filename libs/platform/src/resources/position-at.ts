import { CELL, operation, type Position, Position as PositionSchema, type Principal } from '@freehold/kernel';
import { z } from 'zod';
import type { OperationClient } from '../operations/operation.client.js';
import { Unavailable } from '../followers/disposition.js';

/** The audit's row as this library needs it: a library imports no context's contract. */
const positionAtRow = operation({
  id: 'audit.position-at',
  kind: 'query',
  summary: 'Which position of the log an instant is.',
  permission: 'catalog:read',
  scope: 'cell',
  params: z.object({}),
  body: z.object({ at: z.string() }),
  reply: z.object({ position: z.string() }),
  refusals: [],
  since: '0.1.0',
});

/** A service may sign for its processes only, never for the credential that asked it. */
const principal: Principal = { actor: { kind: 'process', id: 'resource-queries' }, role: 'process', operator: CELL };

/** The position that `at` means: itself, or what the audit says of the instant. */
export async function positionAt(client: OperationClient, at: string): Promise<Position> {
  const asPosition = PositionSchema.safeParse(at);
  if (asPosition.success) return asPosition.data;
  const answered = await client.call(positionAtRow, { params: {}, body: { at }, principal });
  if (answered.kind === 'done') return PositionSchema.parse(answered.reply.position);
  throw new Unavailable('the audit service, which knows the position of an instant');
}
