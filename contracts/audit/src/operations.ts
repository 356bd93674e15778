import {
  HistoryEntry,
  Instant,
  listOf,
  operation,
  OperatorParams,
  Page,
  Position,
  rebuildViews,
} from '@freehold/kernel';
import { z } from 'zod';

/** The longest prefix of the log whose stream time, taken as a running maximum, is not after the instant. */
export const positionAt = operation({
  id: 'audit.position-at',
  kind: 'query',
  http: { method: 'GET', path: '/v1/position' },
  summary: 'Which position of the log an instant is.',
  permission: 'catalog:read',
  scope: 'cell',
  params: z.object({}),
  body: z.object({ at: Instant }),
  reply: z.object({ position: Position }),
  refusals: [],
  since: '0.1.0',
});

const HistoryBody = z.object({ before: Position.optional(), limit: Page.shape.limit });
/** One commit with where it belongs. */
export const LogEntry = HistoryEntry.extend({
  context: z.string(),
  operator: z.string(),
  aggregate: z.string(),
  id: z.string(),
});
const HistoryReply = z.object({ items: z.array(LogEntry), next: Position.nullable() });

export const operatorLog = operation({
  id: 'audit.operator-log',
  kind: 'query',
  http: { method: 'GET', path: '/v1/operators/{operator}/log' },
  summary: 'Everything that happened for an operator, newest first.',
  permission: 'history:read',
  scope: 'operator',
  params: OperatorParams,
  body: HistoryBody,
  reply: HistoryReply,
  refusals: [],
  since: '0.1.0',
});

export const cellLog = operation({
  id: 'audit.cell-log',
  kind: 'query',
  http: { method: 'GET', path: '/v1/log' },
  summary: 'Everything that happened in the cell, newest first.',
  permission: 'cell:history',
  scope: 'cell',
  params: z.object({}),
  body: HistoryBody,
  reply: HistoryReply,
  refusals: [],
  since: '0.1.0',
});

/** What is wrong in the log by its own rules: versions, `previous`, causes, tenures. Empty, unless somebody wrote past them. */
export const logFindings = operation({
  id: 'audit.log-findings',
  kind: 'query',
  http: { method: 'GET', path: '/v1/log/findings' },
  summary: 'What in the log contradicts its own rules, by aggregate.',
  permission: 'cell:history',
  scope: 'cell',
  params: z.object({}),
  body: Page.extend({ after: Position.optional() }),
  reply: listOf(
    z.object({
      context: z.string(),
      operator: z.string(),
      aggregate: z.string(),
      id: z.string(),
      findings: z.array(z.object({ position: Position, code: z.string(), detail: z.string() })),
    }),
  ),
  refusals: [],
  since: '0.3.0',
});

/** The index of commits, built again from the log. */
export const rebuildAuditViews = rebuildViews('audit');
